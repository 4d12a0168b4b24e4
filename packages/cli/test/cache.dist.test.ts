import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stack, stackJson, temporaryFolder, writeFiles } from './run-stack.ts';

const folder = temporaryFolder();
const root = folder.path;

const pipelines = `
import { pipeline, step } from '@stack/pipelines';
import * as z from 'zod';
import { fit } from './fit.ts';
const load = step({ name: 'load', cache: { environment: ['RATES'] } }, () => [1, 2, 3]);
const train = step({ name: 'train' }, ({ rows }: { rows: number[] }, { parameters }) => fit(rows, parameters.rate as number));
const report = step({ name: 'report' }, ({ model }: { model: number }) => eval('model') as number);
export const training = pipeline({ name: 'training', parameters: z.object({ rate: z.number().default(2) }) }, () =>
  report({ model: train({ rows: load() }) }));
`;

interface Explained {
  readonly steps: readonly { readonly step: string; readonly state: string; readonly changes: readonly object[] }[];
}

/** Runs the pipeline under a name, and says of each step what became of it and why. */
function explained(name: string, ...options: string[]): Explained['steps'] {
  stack(root, 'pipeline', 'run', 'pipelines.ts#training', `--run-name=${name}`, ...options);
  return stackJson<Explained>(root, 'run', 'explain-cache', name).data.steps;
}

beforeAll(() => {
  writeFiles(root, {
    'package.json': '{ "name": "cached", "type": "module" }',
    'pipelines.ts': pipelines,
    'fit.ts': 'export const fit = (rows: number[], rate: number) => rows.length * rate;',
  });
  stack(root, 'init');
});

afterAll(() => folder[Symbol.dispose]());

const report = { step: 'report', state: 'off', reason: 'pipelines.ts:7 calls eval', changes: [] };

it('takes what a run before it has computed, and says of each step whose that was, or what had changed', () => {
  expect(explained('first')).toMatchObject([
    { step: 'load', state: 'computed', reason: 'no earlier run of the step has completed' },
    { step: 'train', state: 'computed' },
    report,
  ]);
  const from = { run: 'first', computedAt: expect.any(String) };
  expect(explained('again')).toMatchObject([
    { step: 'load', state: 'cached', from: { ...from, step: 'load' } },
    { step: 'train', state: 'cached', from: { ...from, step: 'train' } },
    report,
  ]);
  expect(stack(root, 'run', 'describe', 'again')).toMatch(/train\s+cached/);

  // Comments and types do not count, and neither does what is beside what a step reaches.
  writeFileSync(
    join(root, 'fit.ts'),
    '// Fits.\nexport const fit = (rows: unknown[], rate: number): number => rows.length * rate;\nexport const x = 1;',
  );
  expect(explained('commented').map(({ state }) => state)).toEqual(['cached', 'cached', 'off']);

  writeFileSync(join(root, 'fit.ts'), 'export const fit = (rows: unknown[], rate: number) => rows.length / rate;');
  expect(explained('fitted')).toMatchObject([
    { step: 'load', state: 'cached' },
    { step: 'train', state: 'computed', changes: [{ kind: 'code', name: 'fit.ts#fit', change: 'changed' }] },
    report,
  ]);
  expect(explained('faster', '--rate=3')).toMatchObject([
    { step: 'load', state: 'cached' },
    { step: 'train', state: 'computed', comparedWith: 'fitted', changes: [{ kind: 'parameter', name: 'rate' }] },
    report,
  ]);
  expect(stack(root, 'run', 'explain-cache', 'faster', 'train')).toMatch(
    /train\s+ran\s+since fitted: parameter rate changed/,
  );
  expect(explained('forced', '--no-cache')).toMatchObject([
    { step: 'load', state: 'computed', reason: 'the run does without the cache' },
    { step: 'train', state: 'computed', reason: 'the run does without the cache' },
    report,
  ]);
});

it('takes no result whose artifact is gone or damaged, and mends it', () => {
  const artifacts = globSync('.stack/artifacts/artifacts/*/sha256/*/*', { cwd: root }).map((path) => join(root, path));
  const ofLoad = artifacts.find((path) => readFileSync(path, 'utf8') === '[1,2,3]') ?? '';
  writeFileSync(ofLoad, '[1,2,4]');
  expect(explained('damaged')[0]).toMatchObject({ state: 'computed', reason: 'its artifact "output" is damaged' });
  rmSync(ofLoad);
  expect(explained('gone')[0]).toMatchObject({ state: 'computed', reason: 'its artifact "output" is gone' });
  expect(readFileSync(ofLoad, 'utf8')).toBe('[1,2,3]');
  expect(explained('mended')[0]).toMatchObject({ state: 'cached' });
});

it('is told of a step or run that is not there', () => {
  expect(stackJson(root, 'run', 'explain-cache', 'first', 'trian')).toMatchObject({
    error: { code: 'STEP_NOT_FOUND', hint: expect.stringContaining('"train"') },
  });
  expect(stackJson(root, 'run', 'explain-cache', 'none')).toMatchObject({ error: { code: 'RUN_NOT_FOUND' } });
});
