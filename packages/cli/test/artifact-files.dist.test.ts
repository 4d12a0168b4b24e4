import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runStack, stack, stackJson, temporaryFolder, writeFiles } from './run-stack.ts';

const modelPipeline = `
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineMaterializer, type DirectoryArtifact, directoryArtifact, pipeline, step } from '@stack/pipelines';
class Scores {
  readonly scores: readonly number[];
  constructor(scores: readonly number[]) {
    this.scores = scores;
  }
}
const scoresMaterializer = defineMaterializer({
  name: 'scores',
  version: 2,
  matches: (value) => value instanceof Scores,
  serialize: ({ scores }) => scores.join(),
  deserialize: async (stored) => new Scores(String(await stored.bytes()).split(',').map(Number)),
  schema: ({ scores }) => ({ count: scores.length }),
  visualize: ({ scores }) => [
    { name: 'table', type: 'csv', content: scores.join('\\n') },
    { name: 'dot', type: 'image', content: new Uint8Array([137, 80, 78, 71]) },
    { name: 'page', type: 'html', content: '<script>process.exit(1)</script>' },
  ],
});
const fit = step({ name: 'fit' }, async (_input: object, { temporaryFolder }) => {
  await mkdir(join(temporaryFolder, 'bin'));
  await writeFile(join(temporaryFolder, 'bin', 'score'), '#!/bin/sh\\nwc -c < "$1"\\n');
  await chmod(join(temporaryFolder, 'bin', 'score'), 0o755);
  await writeFile(join(temporaryFolder, 'wägungen'), 'abc');
  return directoryArtifact(temporaryFolder);
});
const score = step({ name: 'score' }, async ({ model }: { model: DirectoryArtifact }, { spawn }) => {
  const path = await model.path();
  const size = await spawn(join(path, 'bin', 'score'), [join(path, 'wägungen')], { returnsOutput: true });
  return new Scores([Number(size), 0.5]);
});
export const scoring = pipeline({ name: 'scoring', materializers: [scoresMaterializer] }, () => {
  score({ model: fit({}) });
});
`;

const folder = temporaryFolder();
const root = folder.path;
const ids = new Map<string, string>();
const idOf = (step: string) => ids.get(step) ?? '';

beforeAll(() => {
  writeFiles(root, { 'package.json': '{}', 'scoring.ts': modelPipeline });
  stack(root, 'init');
  const { data } = stackJson<{ artifacts: { id: string; step: string }[] }>(
    root,
    ...['pipeline', 'run', 'scoring.ts#scoring', '--run-name=first'],
  );
  for (const { id, step } of data.artifacts) ids.set(step, id);
}, 60_000);

afterAll(() => folder[Symbol.dispose]());

describe('artifact download', () => {
  it('writes a directory as a step got it, and anything else as its bytes', () => {
    expect(stack(root, 'artifact', 'describe', idOf('fit'))).toMatch(/^contents +2 further objects of 26 B$/m);
    expect(stack(root, 'artifact', 'download', idOf('fit'), 'out/model')).toContain(join(root, 'out/model'));
    expect(readFileSync(join(root, 'out/model/wägungen'), 'utf8')).toBe('abc');
    expect(statSync(join(root, 'out/model/bin/score')).mode & 0o100).toBe(0o100);
    expect(stackJson(root, 'artifact', 'download', idOf('score'), 'scores.txt')).toMatchObject({
      data: { kind: 'file', path: join(root, 'scores.txt') },
    });
    expect(readFileSync(join(root, 'scores.txt'), 'utf8')).toBe('3,0.5');
  });

  it('replaces nothing', () => {
    writeFileSync(join(root, 'mine.txt'), 'mine');
    const { status, stderr } = runStack(root, ['artifact', 'download', idOf('score'), 'mine.txt']);
    expect([status, stderr]).toEqual([4, expect.stringContaining('ALREADY_EXISTS')]);
    expect(readFileSync(join(root, 'mine.txt'), 'utf8')).toBe('mine');
  });
});

describe('artifact visualization', () => {
  it('prints one byte for byte, and executes none', () => {
    const described = stack(root, 'artifact', 'describe', idOf('score'));
    expect(described).toContain('scores, version 2');
    expect(described).toContain('dot (image/png, 4 B)');
    expect(described).toContain('{"count":2}');
    expect(stack(root, 'artifact', 'visualization', idOf('score'), 'table')).toBe('3\n0.5');
    expect(stack(root, 'artifact', 'visualization', idOf('score'), 'page')).toBe('<script>process.exit(1)</script>');
    expect(stackJson(root, 'artifact', 'visualization', idOf('score'), 'dot')).toMatchObject({
      data: { visualization: { type: 'image', mediaType: 'image/png' }, encoding: 'base64', content: 'iVBORw==' },
    });
  });

  it('is written to a file that is not there yet', () => {
    const words = ['artifact', 'visualization', idOf('score'), 'dot', '--output=dot.png'];
    expect(stack(root, ...words)).toContain(join(root, 'dot.png'));
    expect([...readFileSync(join(root, 'dot.png'))]).toEqual([137, 80, 78, 71]);
    expect(runStack(root, words)).toMatchObject({ status: 4, stderr: expect.stringContaining('ALREADY_EXISTS') });
  });

  it('has to be one that there is, and to be named where there are several', () => {
    const error = (...words: string[]) => runStack(root, ['artifact', 'visualization', ...words]);
    expect(error(idOf('score'))).toMatchObject({ status: 2, stderr: expect.stringContaining('table, dot, page') });
    expect(error(idOf('score'), 'tables')).toMatchObject({ status: 3, stderr: expect.stringContaining('"table"') });
    expect(error(idOf('fit'), '--output=none')).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('VISUALIZATION_NOT_FOUND'),
    });
    expect(existsSync(join(root, 'none'))).toBe(false);
  });
});
