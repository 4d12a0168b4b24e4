import { type ArtifactRecord, addMaskedValue, createStack } from '@stack/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { loadArtifact } from '../artifacts/artifact-content.ts';
import { logMetadata, saveArtifact } from '../artifacts/save-artifact.ts';
import { pipeline } from '../pipeline/pipeline.ts';
import { step } from '../step/step.ts';
import type { StepContext } from '../step/step-context.ts';
import { expectStackError } from '../testing/expect-stack-error.ts';
import { MemoryArtifactStore } from '../testing/memory-artifact-store.ts';
import { TestOrchestrator } from '../testing/test-orchestrator.ts';
import { createTestStack } from '../testing/test-stack.ts';
import { MemoryRunStore } from './memory-run-store.ts';

let runStore: MemoryRunStore;
let artifactStore: MemoryArtifactStore;
let options: { runStore: MemoryRunStore; stack: Awaited<ReturnType<typeof createTestStack>>['stack']; onEvent(): void };

beforeEach(async () => {
  runStore = new MemoryRunStore();
  const made = await createTestStack();
  artifactStore = made.artifactStore;
  options = { runStore, stack: made.stack, onEvent: () => {} };
});

/** Runs a pipeline of one step: its result is that of an earlier one which did the same. */
async function runStep(work: (context: StepContext) => unknown, attempts = 1) {
  const only = step(
    { name: 'train', version: String(work), outputs: ['model'], retry: { attempts, baseDelay: 0 } },
    async (_, context) => {
      await work(context);
      return { model: 'a model' };
    },
  );
  const training = pipeline({ name: 'training' }, () => only().model);
  return training.run({}, { ...options, throwOnFailure: false });
}

const referenceOf = ({ name, version }: ArtifactRecord) => `${name}@${version}`;

describe('a step that saves artifacts', () => {
  it('has them recorded with its end, after its outputs, with versions, tags and metadata', async () => {
    const run = await runStep(async (context) => {
      await context.saveArtifact('reports/summary', '# Summary', { tags: ['b', 'a', 'b'], metadata: { pages: 1 } });
      await context.saveArtifact('reports/summary', '# Again', { tags: ['a'] });
      await expectStackError('ARTIFACT_NOT_FOUND', () => runStore.getArtifact('reports/summary'));
    });
    const artifacts = (await runStore.listArtifacts({ runId: run.id })).toReversed();
    expect(artifacts.map(referenceOf)).toEqual(['training/train/model@1', 'reports/summary@1', 'reports/summary@2']);
    const [, first, second] = artifacts;
    expect(first).toMatchObject({
      tags: ['b'],
      metadata: { pages: 1 },
      step: 'train',
      output: undefined,
      materializer: 'text',
    });
    expect(second).toMatchObject({ tags: ['a'], metadata: {} });
    expect(await loadArtifact(artifactStore, await runStore.getArtifact('reports/summary@a'))).toBe('# Again');
    expect(await run.output('train')).toBe('a model');
  });

  it('leaves no record of an attempt that fails', async () => {
    const run = await runStep(async (context) => {
      await context.saveArtifact('report', `attempt ${context.attempt}`);
      context.logMetadata({ [`attempt${context.attempt}`]: true });
      context.logMetadata({ [`attempt${context.attempt}`]: true }, 'run');
      if (context.attempt < 2) throw new Error('no');
    }, 2);
    expect(run.state).toBe('completed');
    expect((await runStore.listArtifacts({ name: 'report' })).map(({ version }) => version)).toEqual([1]);
    expect(await loadArtifact(artifactStore, await runStore.getArtifact('report'))).toBe('attempt 2');
    expect(run.steps[0]?.metadata.logged).toEqual({ attempt2: true });
    expect((await runStore.getRun(run.id)).metadata.logged).toEqual({ attempt2: true });

    const failed = await runStep(async (context) => {
      await context.saveArtifact('other', 'x');
      context.logMetadata({ a: 1 });
      throw new Error('no');
    });
    expect(failed.state).toBe('failed');
    expect(await runStore.listArtifacts({ runId: failed.id })).toEqual([]);
    expect(failed.steps[0]?.metadata).toEqual({});
  });

  it('waits for one that it does not await, and saves nothing after its end', async () => {
    let context: StepContext | undefined;
    await runStep((given) => {
      context = given;
      artifactStore.beforeWrite = () => new Promise((resolve) => setTimeout(resolve, 20));
      void given.saveArtifact('late', 'x');
    });
    expect(await runStore.getArtifact('late')).toMatchObject({ version: 1 });
    const late = () => context?.saveArtifact('later', 'x');
    expect((await expectStackError('PRECONDITION_FAILED', late)).message).toContain('"train" has ended');
    await expectStackError('PRECONDITION_FAILED', () => context?.logMetadata({ a: 1 }));
  });

  it.each<[string, string, unknown, object, string]>([
    ['a name', 'a@b', 'x', {}, 'ARGUMENT_INVALID'],
    ['a tag', 'a', 'x', { tags: ['3'] }, 'ARGUMENT_INVALID'],
    ['metadata', 'a', 'x', { metadata: { when: new Date() } }, 'ARGUMENT_INVALID'],
    ['a value', 'a', () => 1, {}, 'VALUE_NOT_SERIALIZABLE'],
  ])('is told of %s that cannot be', async (_what, name, value, given, code) => {
    const run = await runStep((context) => context.saveArtifact(name, value, given));
    expect(run.steps[0]?.error?.code).toBe(code);
    expect(artifactStore.objects.size).toBe(1);
  });
});

describe('a step that logs metadata', () => {
  it('has it recorded of itself, its run and its outputs, masked, the last value of a name', async () => {
    addMaskedValue('a-secret-of-metadata');
    const run = await runStep((context) => {
      const losses = [0.5];
      context.logMetadata({ losses, note: 'a-secret-of-metadata', skipped: undefined });
      losses.push(0.25);
      context.logMetadata({ rows: 2, note: 'so a-secret-of-metadata' });
      context.logMetadata({ accuracy: 0.9 }, 'run');
      context.logMetadata({ kind: 'forest' }, { output: 'model' });
    });
    expect(run.steps[0]?.metadata).toEqual({
      logged: { losses: [0.5], note: 'so [secret]', rows: 2 },
      loggedOfRun: { accuracy: 0.9 },
    });
    expect((await runStore.getRun(run.id)).metadata).toEqual({ logged: { accuracy: 0.9 } });
    expect(await runStore.getArtifact('training/train/model')).toMatchObject({ metadata: { kind: 'forest' } });
  });

  it('is told of an output that it does not have, and of what is no JSON', async () => {
    await runStep(async (context) => {
      const misspelt = await expectStackError('ARGUMENT_INVALID', () => context.logMetadata({}, { output: 'modle' }));
      expect(misspelt.hint).toBe('Did you mean "model"?');
      const wrong = { deep: { loss: Number.NaN, model: new Map() } } as never;
      const error = await expectStackError('ARGUMENT_INVALID', () => context.logMetadata(wrong));
      expect(error.problems.map(({ path }) => path)).toEqual(['deep.loss', 'deep.model']);
      await expectStackError('ARGUMENT_INVALID', () => context.logMetadata([1] as never));
    });
    expect(await runStore.getArtifact('training/train/model')).toMatchObject({ version: 1 });
  });
});

describe('a step that loads an artifact', () => {
  const place = () => ({ runStore, artifactStore });

  it('gets its value, and has it recorded as an input beside those of its run', async () => {
    const saved = await saveArtifact(place(), 'penguins', [1, 2], { tags: ['prod'] });
    const count = step({ name: 'count' }, ({ factor }: { factor: number }, { loadArtifact: load }) =>
      load('penguins@prod').then((rows) => (rows as number[]).length * factor),
    );
    const factor = step({ name: 'factor' }, () => 3);
    const run = await pipeline({ name: 'counting' }, () => count({ factor: factor() })).run({}, options);
    expect(await run.result()).toBe(6);
    const { id } = await runStore.getArtifact('counting/factor/output');
    expect(run.steps[1]?.inputs).toEqual([
      { input: 'factor', artifactId: id },
      { input: 'penguins@prod', artifactId: saved.id, isLoaded: true },
    ]);
  });

  it('reads it from the store that it is in: that of the stack, or one that run() is told to open', async () => {
    const other = new MemoryArtifactStore();
    Object.defineProperty(other, 'root', { value: 'memory://elsewhere' });
    await saveArtifact({ runStore, artifactStore: other }, 'penguins', 'elsewhere');
    const read = pipeline({ name: 'reading' }, () =>
      step({ name: 'read' }, (_, context) => context.loadArtifact('penguins') as Promise<string>)(),
    );
    const error = await expectStackError('RUN_FAILED', () => read.run({}, options));
    expect(error.message).toContain('penguins@1 is in the artifact store "memory" (memory), which the stack "test"');
    const opened = await read.run({}, { ...options, openArtifactStore: async () => other });
    expect(await opened.result()).toBe('elsewhere');
    const stack = await createStack({ name: 'other', orchestrator: new TestOrchestrator(), artifactStore: other });
    expect(await (await read.run({}, { ...options, stack })).result()).toBe('elsewhere');
  });

  it('fails for one that there is not', async () => {
    const run = await runStep((context) => context.loadArtifact('penguins'));
    expect(run.steps[0]?.error?.code).toBe('ARTIFACT_NOT_FOUND');
  });

  it('is run again once its reference means another artifact', async () => {
    const runs = { count: 0 };
    const load = async (context: StepContext) => {
      runs.count++;
      await context.loadArtifact('penguins');
    };
    await saveArtifact(place(), 'penguins', 'a');
    await runStep(load);
    await saveArtifact(place(), 'penguins', 'a');
    await runStep(load);
    expect(runs.count).toBe(1);
    await saveArtifact(place(), 'penguins', 'b');
    const third = await runStep(load);
    expect(runs.count).toBe(2);
    expect(third.steps[0]?.caching).toMatchObject({
      refused: 'the artifact "penguins", which it loaded, is another one by now',
    });
  });
});

it('a result that is taken from the cache brings along what the step saved, loaded and logged', async () => {
  const saved = await saveArtifact({ runStore, artifactStore }, 'penguins', 'a');
  const work = async (context: StepContext) => {
    await context.loadArtifact('penguins');
    await context.saveArtifact('report', '# Report', { tags: ['newest'], metadata: { pages: 1 } });
    context.logMetadata({ rows: 2 });
    context.logMetadata({ accuracy: 0.9 }, 'run');
    context.logMetadata({ kind: 'forest' }, { output: 'model' });
  };
  const first = await runStep(work);
  const second = await runStep(work);
  expect(second.steps[0]).toMatchObject({
    caching: { state: 'cached', from: { runId: first.id } },
    inputs: [{ input: 'penguins', artifactId: saved.id, isLoaded: true }],
    metadata: { logged: { rows: 2 } },
  });
  expect((await runStore.getRun(second.id)).metadata.logged).toEqual({ accuracy: 0.9 });
  const brought = (await runStore.listArtifacts({ runId: second.id })).toReversed();
  expect(brought.map(referenceOf)).toEqual(['training/train/model@2', 'report@2']);
  expect(brought.map(({ metadata }) => metadata)).toEqual([{ kind: 'forest' }, { pages: 1 }]);
  expect((await runStore.getArtifact('report@newest')).runId).toBe(first.id);
});

describe('outside of a run', () => {
  it('artifacts are saved as the newest of their name, and metadata is added to what is recorded', async () => {
    const place = { runStore, artifactStore };
    expect(await saveArtifact(place, 'penguins', [1])).toMatchObject({ version: 1, runId: undefined, step: undefined });
    const second = await saveArtifact(place, 'penguins', [1, 2], { metadata: { rows: 2 } });
    expect(referenceOf(second)).toBe('penguins@2');
    await logMetadata(runStore, { artifact: 'penguins' }, { rows: 3, source: 'by hand' });
    expect((await runStore.getArtifact('penguins')).metadata).toEqual({ rows: 3, source: 'by hand' });
    const run = await runStep((context) => context.logMetadata({ a: 1, b: 1 }));
    await logMetadata(runStore, { run: run.name, step: 'train' }, { b: 2 });
    await logMetadata(runStore, { run: run.id }, { reviewed: true });
    expect((await runStore.listStepRuns(run.id))[0]?.metadata).toEqual({ logged: { a: 1, b: 2 } });
    expect((await runStore.getRun(run.id)).metadata).toEqual({ logged: { reviewed: true } });
    await expectStackError('STEP_NOT_FOUND', () => logMetadata(runStore, { run: run.id, step: 'tain' }, {}));
    await expectStackError('ARGUMENT_INVALID', () => saveArtifact(place, 'a b', 1));
    await expectStackError('ARGUMENT_INVALID', () =>
      logMetadata(runStore, { artifact: 'penguins' }, { a: 1n } as never),
    );
  });

  it('an artifact of a run is loaded by whoever opens its store, with another stack and no project', async () => {
    const run = await runStep(() => {});
    const artifact = await runStore.getArtifact('training/train/model');
    const elsewhere = new MemoryArtifactStore();
    for (const [key, object] of artifactStore.objects) elsewhere.objects.set(key, object);
    expect(await loadArtifact(elsewhere, JSON.parse(JSON.stringify(artifact)) as ArtifactRecord)).toBe('a model');
    expect(artifact.runId).toBe(run.id);
  });
});
