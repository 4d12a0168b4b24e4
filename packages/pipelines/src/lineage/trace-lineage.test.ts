import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { saveArtifact } from '../artifacts/save-artifact.ts';
import { MemoryRunStore } from '../engine/memory-run-store.ts';
import { pipeline } from '../pipeline/pipeline.ts';
import { step } from '../step/step.ts';
import { expectStackError } from '../testing/expect-stack-error.ts';
import type { MemoryArtifactStore } from '../testing/memory-artifact-store.ts';
import { createTestStack } from '../testing/test-stack.ts';
import { type LineageOptions, traceLineage } from './trace-lineage.ts';

let runStore: MemoryRunStore;
let artifactStore: MemoryArtifactStore;
let options: { runStore: MemoryRunStore; stack: Awaited<ReturnType<typeof createTestStack>>['stack']; onEvent(): void };

beforeEach(async () => {
  runStore = new MemoryRunStore();
  const made = await createTestStack();
  artifactStore = made.artifactStore;
  options = { runStore, stack: made.stack, onEvent: () => {} };
});

const load = step({ name: 'load', version: '1' }, () => [1, 2, 3]);
const double = step({ name: 'double', version: '1' }, ({ value }: { value: number }) => value * 2);
const sum = step({ name: 'sum', version: '1' }, ({ values }: { values: number[] }) =>
  values.reduce((total, value) => total + value, 0),
);
const plain = pipeline({ name: 'plain' }, () => sum({ values: load() }));
const mapped = pipeline({ name: 'mapped' }, () => sum({ values: double.map(load(), (value) => ({ value })) }));

/** The links of an artifact, by names and versions. */
async function linksOf(reference: string, directions?: LineageOptions): Promise<readonly string[]> {
  const { artifacts, links } = await traceLineage(runStore, reference, directions);
  const shown = new Map(
    artifacts.map(({ id, name, version }) => [id, name === undefined ? 'deleted' : `${name}@${version}`]),
  );
  return links.map(({ from, to, kind, input }) => `${shown.get(from)} -${input ?? `(${kind})`}-> ${shown.get(to)}`);
}

describe('the lineage of an artifact', () => {
  it('goes up to what it was made from, and down to what was made from it', async () => {
    await plain.run({}, options);
    const link = 'plain/load/output@1 -values-> plain/sum/output@1';
    expect(await linksOf('plain/sum/output')).toEqual([link]);
    expect(await linksOf('plain/load/output')).toEqual([link]);
    expect(await linksOf('plain/sum/output', { up: false })).toEqual([]);
    expect(await linksOf('plain/load/output', { down: false })).toEqual([]);
    const { artifact, artifacts } = await traceLineage(runStore, 'plain/sum/output@1');
    expect(artifacts[0]).toEqual(artifact);
    expect(artifact).toMatchObject({ name: 'plain/sum/output', version: 1, madeBy: { step: 'sum' } });
    expect(artifact.madeBy?.run).toMatch(/^plain-/);
  });

  it('goes through the items of mapped steps, and their lists', async () => {
    await mapped.run({}, options);
    const items = [0, 1, 2].map((index) => `mapped/double[${index}]/output@1`);
    const taken = items.map((item) => `mapped/load/output@1 -value-> ${item}`);
    const listed = items.map((item) => `${item} -(item)-> mapped/double/output@1`);
    const summed = 'mapped/double/output@1 -values-> mapped/sum/output@1';
    expect(await linksOf('mapped/sum/output')).toEqual([summed, ...listed, ...taken]);
    expect(await linksOf('mapped/load/output')).toEqual([...taken, ...listed, summed]);
    expect(await linksOf('mapped/double[1]/output')).toEqual([taken[1], listed[1], summed]);
  });

  it('leads from an empty list to what a step was mapped over', async () => {
    const none = step({ name: 'none', version: '1' }, (): number[] => []);
    const empty = pipeline({ name: 'empty' }, () => sum({ values: double.map(none(), (value) => ({ value })) }));
    await empty.run({}, options);
    const links = [
      'empty/double/output@1 -values-> empty/sum/output@1',
      'empty/none/output@1 -value-> empty/double/output@1',
    ];
    expect(await linksOf('empty/sum/output')).toEqual(links);
    expect(await linksOf('empty/none/output')).toEqual(links.toReversed());
  });

  it('tells what an item took of several outputs, where it is mapped over a list of them', async () => {
    const one = step({ name: 'one', version: '1' }, () => 1);
    await pipeline({ name: 'listed' }, () => double.map([one(), one()], (value) => ({ value }))).run({}, options);
    expect(await linksOf('listed/double[1]/output', { down: false })).toEqual([
      'listed/one-2/output@1 -value-> listed/double[1]/output@1',
    ]);
    expect((await linksOf('listed/double/output')).toSorted()).toEqual([
      'listed/double[0]/output@1 -(item)-> listed/double/output@1',
      'listed/double[1]/output@1 -(item)-> listed/double/output@1',
      'listed/one-2/output@1 -value-> listed/double[1]/output@1',
      'listed/one/output@1 -value-> listed/double[0]/output@1',
    ]);
  });

  it('tells of several outputs which list an item is in, and of what an item saves that it is in none', async () => {
    const parts = step(
      { name: 'parts', version: '1', outputs: ['half', 'rest'] },
      async ({ of }: { of: number }, { saveArtifact }) => {
        await saveArtifact(`note-${of}`, of);
        return { half: of / 2, rest: of % 2 };
      },
    );
    await pipeline({ name: 'split' }, () => parts.map(load(), (of) => ({ of }))).run({}, options);
    expect(await linksOf('split/parts/rest')).toEqual([
      ...[0, 1, 2].map((index) => `split/parts[${index}]/rest@1 -(item)-> split/parts/rest@1`),
      ...[0, 1, 2].map((index) => `split/load/output@1 -of-> split/parts[${index}]/rest@1`),
    ]);
    expect(await linksOf('note-2')).toEqual(['split/load/output@1 -of-> note-2@1']);
  });

  it('tells the condition of a step, and of a mapped one', async () => {
    const check = step({ name: 'check', version: '1' }, () => true);
    const gated = pipeline({ name: 'gated' }, () => {
      const holds = check();
      const rows = load({}, { when: holds });
      return double.map(rows, (value) => ({ value }), { when: holds });
    });
    await gated.run({}, options);
    const conditions = [
      'gated/check/output@1 -(condition)-> gated/double/output@1',
      'gated/check/output@1 -(condition)-> gated/load/output@1',
    ];
    const isCondition = (link: string) => link.includes('(condition)');
    expect((await linksOf('gated/double/output')).filter(isCondition).toSorted()).toEqual(conditions);
    expect((await linksOf('gated/check/output')).filter(isCondition).toSorted()).toEqual(conditions);
    // Of what comes from the cache it is the condition of this run.
    await gated.run({}, options);
    expect(await linksOf('gated/load/output@2', { down: false })).toEqual([
      'gated/load/output@1 -(cached)-> gated/load/output@2',
      'gated/check/output@2 -(condition)-> gated/load/output@2',
      'gated/check/output@1 -(condition)-> gated/load/output@1',
      'gated/check/output@1 -(cached)-> gated/check/output@2',
    ]);
  });

  it('tells nothing of the condition of a step that was skipped', async () => {
    const check = step({ name: 'check', version: '1' }, () => false);
    await pipeline({ name: 'barred' }, () => load({}, { when: check() })).run({}, options);
    expect(await linksOf('barred/check/output')).toEqual([]);
  });

  it('leads through what steps loaded of other runs, and of none', async () => {
    await saveArtifact({ runStore, artifactStore }, 'weights', [5]);
    await plain.run({}, options);
    const report = step({ name: 'report', version: '1' }, async (_, context) => {
      await context.loadArtifact('plain/sum/output');
      await context.loadArtifact('weights@1');
      return 'a report';
    });
    await pipeline({ name: 'reporting' }, () => report()).run({}, options);
    expect(await linksOf('reporting/report/output')).toEqual([
      'plain/sum/output@1 -plain/sum/output-> reporting/report/output@1',
      'weights@1 -weights@1-> reporting/report/output@1',
      'plain/load/output@1 -values-> plain/sum/output@1',
    ]);
    expect(await linksOf('plain/load/output')).toEqual([
      'plain/load/output@1 -values-> plain/sum/output@1',
      'plain/sum/output@1 -plain/sum/output-> reporting/report/output@1',
    ]);
    const { artifact } = await traceLineage(runStore, 'weights');
    expect(artifact.madeBy).toBeUndefined();
  });

  it('leads from a result of the cache to the run that computed it, and back', async () => {
    await plain.run({}, options);
    await plain.run({}, options);
    expect(await linksOf('plain/sum/output@2')).toEqual([
      'plain/sum/output@1 -(cached)-> plain/sum/output@2',
      'plain/load/output@1 -values-> plain/sum/output@1',
    ]);
    expect((await linksOf('plain/load/output@1')).toSorted()).toEqual([
      'plain/load/output@1 -(cached)-> plain/load/output@2',
      'plain/load/output@1 -values-> plain/sum/output@1',
      'plain/load/output@2 -values-> plain/sum/output@2',
      'plain/sum/output@1 -(cached)-> plain/sum/output@2',
    ]);
  });

  it('names what is deleted by its id', async () => {
    const lease = await runStore.startRun({
      id: 'run-id',
      name: 'training',
      stack: 'test',
      plan: plain.plan({}),
      metadata: {},
    });
    const made = await saveArtifact({ runStore, artifactStore }, 'made', 1);
    await runStore.recordStep(lease, 'load', { state: 'running', attempt: 1 });
    await runStore.recordStep(lease, 'load', {
      state: 'completed',
      artifacts: [{ ...made, id: 'loaded', name: 'loaded', runId: 'run-id', step: 'load', output: 'output' }],
      inputs: [{ input: 'gone', artifactId: 'no-such-id', isLoaded: true }],
      metadata: {},
    });
    expect(await linksOf('loaded')).toEqual(['deleted -gone-> loaded@1']);
  });

  it('is that of one artifact', async () => {
    await expectStackError('ARTIFACT_NOT_FOUND', () => traceLineage(runStore, 'none'));
  });

  it('is the same from both ends, whatever the graph', async () => {
    const add = step({ name: 'add', version: '1' }, ({ values }: { values: readonly number[] }) => values.length);
    // Of each step, the earlier ones that it takes.
    const graphs = fc.array(fc.uniqueArray(fc.nat(5), { maxLength: 3 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(graphs, async (graph) => {
        runStore = new MemoryRunStore();
        const wired = pipeline({ name: 'wired' }, () => {
          const made: ReturnType<typeof add>[] = [];
          for (const [index, taken] of graph.entries()) {
            const values = taken.filter((place) => place < index).map((place) => made[place] as (typeof made)[number]);
            made.push(add({ values }, { name: `s${index}` }));
          }
        });
        await wired.run({}, { ...options, runStore });
        const edges = graph.flatMap((taken, to) =>
          taken.filter((from) => from < to).map((from) => [`wired/s${from}/output`, `wired/s${to}/output`] as const),
        );
        for (const index of graph.keys()) {
          const name = `wired/s${index}/output`;
          const reachable = (next: (artifact: string) => readonly string[]) => {
            const seen = new Set([name]);
            for (const artifact of seen) for (const other of next(artifact)) seen.add(other);
            return [...seen].toSorted();
          };
          const names = async (directions: LineageOptions) =>
            (await traceLineage(runStore, name, directions)).artifacts.map((artifact) => artifact.name).toSorted();
          expect(await names({ down: false })).toEqual(
            reachable((artifact) => edges.filter(([, to]) => to === artifact).map(([from]) => from)),
          );
          expect(await names({ up: false })).toEqual(
            reachable((artifact) => edges.filter(([from]) => from === artifact).map(([, to]) => to)),
          );
        }
      }),
      { numRuns: 30 },
    );
  });
});
