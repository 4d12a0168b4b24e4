import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type DirectoryArtifact, directoryArtifact } from '../artifacts/directory-artifact.ts';
import { type FileArtifact, fileArtifact } from '../artifacts/file-artifact.ts';
import { defineMaterializer } from '../artifacts/materializer.ts';
import { MemoryRunStore } from '../engine/memory-run-store.ts';
import { step } from '../step/step.ts';
import { expectStackError } from '../testing/expect-stack-error.ts';
import { ownTemporaryFolder } from '../testing/own-temporary-folder.ts';
import { createTestStack } from '../testing/test-stack.ts';
import { asStream, optional } from './output-handle.ts';
import { type AnyPipeline, pipeline } from './pipeline.ts';

const silent = { onEvent: () => {} };

beforeEach(() => void ownTemporaryFolder());

async function run(given: AnyPipeline) {
  const { stack, artifactStore } = await createTestStack();
  const runStore = new MemoryRunStore();
  const ended = await given.run({}, { ...silent, stack, runStore, throwOnFailure: false });
  return { ended, artifactStore, artifacts: await runStore.listArtifacts({ runId: ended.id }) };
}

/** The folders that steps were given. */
const folders: string[] = [];

const writeFileStep = step({ name: 'write-file' }, async ({ name = 'a' }: { name?: string }, { temporaryFolder }) => {
  folders.push(temporaryFolder);
  const path = join(temporaryFolder, 'file.txt');
  await writeFile(path, `file ${name}`);
  return fileArtifact(path);
});

describe('a step that returns files', () => {
  it('hands them on to steps of other processes, and leaves none behind', async () => {
    const writeFolder = step({ name: 'write-folder', outputs: ['folder', 'size'] }, async (_input, context) => {
      folders.push(context.temporaryFolder);
      await writeFile(join(context.temporaryFolder, 'one'), '1');
      return { folder: directoryArtifact(context.temporaryFolder), size: 1 };
    });
    const read = step(
      { name: 'read' },
      async ({ file, folder }: { file: FileArtifact; folder: DirectoryArtifact }, { temporaryFolder }) => {
        const [path, root] = [await file.path(), await folder.path()];
        folders.push(path, root);
        // What was downloaded is not in the step's own folder.
        expect(await readdir(temporaryFolder)).toEqual([]);
        return [await readFile(path, 'utf8'), await readFile(join(root, 'one'), 'utf8')];
      },
    );
    const files = pipeline({ name: 'files' }, () => read({ file: writeFileStep({}), folder: writeFolder().folder }));
    const { ended } = await run(files);
    expect(ended.error).toBeUndefined();
    expect(await ended.result()).toEqual(['file a', '1']);
    for (const folder of folders) await expect(readdir(folder)).rejects.toThrow('ENOENT');
  });

  it('may be mapped, and what takes the list gets each', async () => {
    const count = step({ name: 'count' }, async ({ files }: { files: readonly FileArtifact[] }) =>
      Promise.all(files.map(async (file) => readFile(await file.path(), 'utf8'))),
    );
    const copy = step({ name: 'copy' }, ({ file }: { file: FileArtifact }) => file);
    const enclose = step({ name: 'enclose' }, async ({ file }: { file: FileArtifact }, { temporaryFolder }) => {
      await file.copyTo(join(temporaryFolder, 'enclosed'));
      return directoryArtifact(temporaryFolder);
    });
    const openAll = step({ name: 'open-all' }, async ({ all }: { all: readonly DirectoryArtifact[] }) =>
      Promise.all(all.map(async (directory) => text(await directory.openRead('enclosed')))),
    );
    const mapped = pipeline({ name: 'mapped' }, () => {
      const files = writeFileStep.map(['a', 'b'], (name) => ({ name }));
      const copies = copy.map(files, (file) => ({ file }));
      const all = enclose.map(copies, (file) => ({ file }));
      return [count({ files: copies }), openAll({ all })];
    });
    const { ended, artifacts } = await run(mapped);
    expect(await ended.result()).toEqual([
      ['file a', 'file b'],
      ['file a', 'file b'],
    ]);
    const paths = artifacts.filter(({ materializer }) => materializer === 'file').map(({ path }) => path);
    expect(new Set(paths).size).toBe(2);
  });

  it('may not hide them in data', async () => {
    const hide = step({ name: 'hide' }, () => ({ model: fileArtifact('model'), stream: Readable.from([]), loss: 1 }));
    const { ended } = await run(pipeline({ name: 'hidden' }, () => hide()));
    expect(ended.error?.message).toContain('model is a file or directory, which is an output of its own');
    expect(ended.error?.message).toContain('stream is a stream, which is an output of its own');
  });

  it('can be tested by itself', async () => {
    const file = await writeFileStep.run({});
    expect(await readFile(await file.path(), 'utf8')).toBe('file a');
    expect(await text(file.openRead())).toBe('file a');
  });
});

describe('a step that returns a stream', () => {
  const produce = step({ name: 'produce' }, () => Readable.from(['häu', 'ser']));

  it('hands on its bytes, or a stream of them to who asks for one', async () => {
    const takeBytes = step({ name: 'bytes' }, ({ data }: { data: Uint8Array }) => Buffer.from(data).toString());
    const takeStream = step({ name: 'stream' }, ({ data }: { data: Readable }) => text(data));
    const streams = pipeline({ name: 'streams' }, () => {
      const data = produce();
      return [takeBytes({ data }), takeStream({ data: asStream(data) })];
    });
    const { ended } = await run(streams);
    expect(await ended.result()).toEqual(['häuser', 'häuser']);
    expect(streams.plan({}).steps.at(-1)?.inputs).toEqual({
      data: { kind: 'output', step: 'produce', output: 'output', isStream: true },
    });
  });

  it('that nobody reads to its end is closed, and so is one that fails later than another', async () => {
    const taken: Readable[] = [];
    const ignore = step({ name: 'ignore' }, ({ data }: { data: Readable }) => void taken.push(data));
    const left = new Readable({ read: () => {} });
    const two = step({ name: 'two', outputs: ['first', 'second'] }, () => ({
      first: () => 'a function',
      second: left,
    }));
    const { ended } = await run(
      pipeline({ name: 'unread' }, () => {
        ignore({ data: asStream(produce()) });
        two();
      }),
    );
    expect(ended.steps.map(({ state }) => state)).toEqual(['completed', 'completed', 'failed']);
    expect([taken[0]?.destroyed, left.destroyed]).toEqual([true, true]);
  });

  it('may be optional for who takes it', () => {
    const take = step({ name: 'take' }, (_input: { data: Readable | undefined }) => 1);
    const plan = pipeline({ name: 'optional' }, () => take({ data: asStream(optional(produce())) })).plan({});
    expect(plan.steps[1]?.inputs).toMatchObject({ data: { isOptional: true, isStream: true } });
  });

  it('is asked for of outputs alone, and of none that is several objects', async () => {
    await expectStackError('ARGUMENT_INVALID', () => asStream('text' as never));
    const take = step({ name: 'take' }, ({ data }: { data: Readable }) => text(data));
    const produced = pipeline({ name: 'several' }, () =>
      take({ data: asStream(writeFileStep.map(['a'], (name) => ({ name }))) }),
    );
    expect((await run(produced)).ended.error?.message).toContain('is a list of outputs, and cannot be a stream');
  });
});

describe('what a step says of its outputs', () => {
  const accuracy = z.number().max(1);
  const pairs = defineMaterializer({
    name: 'pairs',
    serialize: (value: Readonly<Record<string, number>>) => JSON.stringify(Object.entries(value)),
    deserialize: async (stored) => Object.fromEntries(JSON.parse(String(await stored.bytes()))),
  });

  it('is what they are stored by, and checked with', async () => {
    const evaluate = step(
      {
        name: 'evaluate',
        outputs: {
          counts: { materializer: 'pairs' },
          accuracy: { schema: accuracy },
          report: { materializer: 'html' },
        },
      },
      () => ({ counts: { a: 1 }, accuracy: 0.5, report: '<h1>Report</h1>' }),
    );
    const evaluation = pipeline({ name: 'evaluation', materializers: [pairs] }, () => evaluate());
    const { ended, artifacts } = await run(evaluation);
    expect(await ended.result()).toEqual({ counts: { a: 1 }, accuracy: 0.5, report: '<h1>Report</h1>' });
    expect(Object.fromEntries(artifacts.map(({ output, materializer }) => [output, materializer]))).toEqual({
      counts: 'pairs',
      accuracy: 'json',
      report: 'html',
    });
    expect(artifacts.find(({ output }) => output === 'accuracy')?.schema).toMatchObject({ type: 'number' });
    expect(evaluation.plan({}).steps[0]).toMatchObject({
      outputs: ['counts', 'accuracy', 'report'],
      materializers: { counts: 'pairs', report: 'html' },
    });
  });

  it('holds for the one output of a step, too', async () => {
    const wrong = step({ name: 'wrong', output: { schema: accuracy } }, () => 2);
    const { ended } = await run(pipeline({ name: 'checked' }, () => wrong()));
    expect(ended.steps[0]?.error).toMatchObject({ code: 'OUTPUT_INVALID' });
  });

  it('is refused where the pipeline lacks the materializer, before anything runs', async () => {
    const evaluate = step({ name: 'evaluate', output: { materializer: 'pair' } }, () => ({ a: 1 }));
    const error = await expectStackError('MATERIALIZER_NOT_FOUND', () =>
      pipeline({ name: 'evaluation', materializers: [pairs] }, () => evaluate()).plan({}),
    );
    expect(error.message).toBe('The step "evaluate" names the materializer "pair", which is not known here.');
    expect(error.hint).toContain('pairs');
  });

  it('is refused where the schema is none', async () => {
    await expectStackError('ARGUMENT_INVALID', () => step({ name: 'a', output: { schema: {} as never } }, () => 1));
  });

  it('is told in the log where a visualization fails', async () => {
    const lines: string[] = [];
    const picky = defineMaterializer({
      name: 'picky',
      serialize: String,
      deserialize: async (stored) => String(await stored.bytes()),
      visualize: () => {
        throw new Error('no font');
      },
    });
    const draw = step({ name: 'draw', output: { materializer: 'picky' } }, () => 'drawn');
    const { stack } = await createTestStack();
    const drawn = pipeline({ name: 'drawn', materializers: [picky] }, () => draw());
    const ended = await drawn.run(
      {},
      { stack, onEvent: (event) => event.type === 'step-log' && lines.push(event.line.text) },
    );
    expect(await ended.result()).toBe('drawn');
    expect(lines).toEqual([expect.stringContaining('no font')]);
  });
});
