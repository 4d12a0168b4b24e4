import { existsSync, globSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type JsonDocument, runStack, stack, stackJson, temporaryFolder, writeFiles } from './run-stack.ts';

const folder = temporaryFolder();
const root = folder.path;
const hour = 3600;

const pipelines = `
import { pipeline, step } from '@stack/pipelines';
import * as z from 'zod';
const load = step({ name: 'load' }, ({ rows }: { rows: number }) => {
  console.log('loading');
  return Array.from({ length: rows }, (_, row) => row);
});
const fail = step({ name: 'fail' }, () => { throw new Error('it fails'); });
export const loading = pipeline({ name: 'loading', parameters: z.object({ rows: z.number() }) }, ({ rows }) => load({ rows }));
const makeLarge = step({ name: 'make-large' }, () => '0123456789'.repeat(200_000));
const count = step({ name: 'count' }, ({ text, rows }: { text: string; rows: number }) => text.length * rows);
export const counting = pipeline({ name: 'counting', parameters: z.object({ rows: z.number().default(1) }) }, ({ rows }) =>
  count({ text: makeLarge(), rows }),
);
export const failing = pipeline({ name: 'failing' }, () => fail());
`;

interface Deleted {
  readonly runs: readonly { readonly name: string; readonly artifacts: number; readonly removedObjects?: number }[];
}

function run(name: string, rows: number): void {
  stack(root, 'pipeline', 'run', 'pipelines.ts#loading', `--run-name=${name}`, `--rows=${rows}`);
}

function runs(): string[] {
  return stackJson<readonly { readonly name: string }[]>(root, 'run', 'list').data.map(({ name }) => name);
}

function objects(): string[] {
  return globSync('.stack/artifacts/artifacts/*/sha256/*/*', { cwd: root })
    .map((path) => join(root, path))
    .sort();
}

function failed(
  ...words: string[]
): JsonDocument['error'] & { readonly status: number | null; readonly data: unknown } {
  const { status, stdout } = runStack(root, [...words, '--json']);
  const document = JSON.parse(stdout) as JsonDocument;
  expect(document.ok, stdout).toBe(false);
  return { ...document.error, status, data: document.data };
}

beforeAll(() => {
  writeFiles(root, { 'package.json': '{ "name": "kept", "type": "module" }', 'pipelines.ts': pipelines });
  stack(root, 'init');
});

afterAll(() => folder[Symbol.dispose]());

describe('stack artifact verify', () => {
  it('finds a flipped bit, a cut tail and what is gone, and tells a store that is away from these', () => {
    run('verified', 3);
    run('cut', 1000);
    run('gone', 5);
    expect(stack(root, 'artifact', 'verify', '--all')).toMatch(/^Read 3 artifacts: 3 objects.*All are as they were/s);
    const files = objects();
    const of = (text: string) => files.find((file) => readFileSync(file, 'utf8').startsWith(text)) ?? '';
    const [flipped, cut, gone] = [of('[0,1,2]'), of('[0,1,2,3,4,5'), of('[0,1,2,3,4]')];
    const whole = new Map([flipped, cut, gone].map((file) => [file, readFileSync(file)]));
    writeFileSync(flipped, '[0,1,3]');
    writeFileSync(cut, readFileSync(cut).subarray(0, 100));
    rmSync(gone);
    const { status, code, problems = [] } = failed('artifact', 'verify', '--all');
    expect({ status, code }).toEqual({ status: 6, code: 'INTEGRITY' });
    expect(problems.map(({ message }) => message).toSorted()).toEqual([
      expect.stringMatching(/^has 100 bytes, and \d+ were written$/),
      expect.stringMatching(/^has the digest/),
      'is gone',
    ]);
    // One run alone is whole, and one artifact alone is not.
    for (const [file, bytes] of whole) writeFileSync(file, bytes);
    rmSync(gone);
    expect(stack(root, 'artifact', 'verify', '--run=verified')).toContain('All are as they were written.');
    const [{ id } = { id: '' }] = stackJson<readonly { readonly id: string }[]>(
      root,
      'artifact',
      'list',
      '--run=gone',
    ).data;
    expect(failed('artifact', 'verify', id)).toMatchObject({ code: 'INTEGRITY', problems: [{ message: 'is gone' }] });
    writeFileSync(gone, whole.get(gone) ?? '');

    stack(root, ...'artifact-store register other --flavor local --path other'.split(' '));
    stack(root, ...'stack register other --orchestrator default --artifact-store other'.split(' '));
    stack(root, ...'pipeline run pipelines.ts#loading --rows=7 --run-name=elsewhere --stack=other'.split(' '));
    stack(root, 'stack', 'delete', 'other');
    stack(root, 'artifact-store', 'delete', 'other');
    const away = failed('artifact', 'verify', '--all');
    expect(away).toMatchObject({ code: 'COMPONENT_NOT_FOUND', status: 3, message: expect.stringContaining('"other"') });
    expect(away.data).toMatchObject({
      objects: 3,
      damaged: [],
      unreachable: [{ objects: 1, store: { component: 'other' } }],
    });
    stack(root, 'run', 'delete', 'elsewhere', '--keep-artifacts');
    expect(failed('artifact', 'verify')).toMatchObject({ code: 'ARGUMENT_INVALID', status: 2 });
    expect(failed('artifact', 'verify', '--all', '--run=gone')).toMatchObject({ code: 'ARGUMENT_INVALID' });
  });

  it('removes what is damaged with --remove, so that it is written anew', () => {
    const start = (name: string) => ['pipeline', 'run', 'pipelines.ts#counting', `--run-name=${name}`];
    stack(root, ...start('large'));
    const large = objects().find((file) => statSync(file).size > 1_000_000) ?? '';
    const bytes = readFileSync(large);
    writeFileSync(large, bytes.toReversed());
    // All bytes of an artifact of this size are looked at when it is loaded, not when it is taken from the cache.
    expect(failed(...start('damaged'), '--rows=2')).toMatchObject({
      code: 'RUN_FAILED',
      hint: expect.stringContaining('stack artifact verify --all --remove'),
    });
    expect(failed('artifact', 'verify', '--all').hint).toContain('--remove');
    expect(failed('artifact', 'verify', '--all', '--remove')).toMatchObject({
      code: 'INTEGRITY',
      data: { damaged: [{ state: 'removed' }] },
    });
    stack(root, ...start('mended'), '--rows=2');
    expect(readFileSync(large).equals(bytes)).toBe(true);
    stack(root, ...'run delete large damaged mended'.split(' '));
  });
});

describe('stack run delete', () => {
  it('deletes runs, and what no other run refers to', () => {
    run('verified-again', 3);
    const before = objects();
    const { data } = stackJson<Deleted>(root, 'run', 'delete', 'verified', 'cut');
    expect(data.runs).toMatchObject([
      { name: 'verified', artifacts: 1, removedObjects: 0 },
      { name: 'cut', artifacts: 1, removedObjects: 1 },
    ]);
    expect(runs()).toEqual(['verified-again', 'gone']);
    expect(objects()).toHaveLength(before.length - 1);
    expect(globSync('.stack/artifacts/logs/*', { cwd: root })).toHaveLength(1);
    expect(stackJson(root, 'artifact', 'verify', '--run=verified-again').ok).toBe(true);
    // What is cached comes from a run that is gone.
    expect(stack(root, 'run', 'describe', 'verified-again')).toMatch(/load\s+cached/);
  });

  it('deletes by state, pipeline and age only with --yes, and says before what it would delete', () => {
    const { status } = runStack(root, ['pipeline', 'run', 'pipelines.ts#failing', '--run-name=failed-1']);
    expect(status).toBe(1);
    expect(failed('run', 'delete', '--state=failed')).toMatchObject({
      code: 'OPTION_MISSING',
      message: 'This deletes one run.',
      hint: expect.stringContaining('--yes'),
    });
    expect(stack(root, ...'run delete --state=failed --dry-run'.split(' '))).toMatch(
      /^Would delete one run.*failed-1/s,
    );
    expect(stackJson<Deleted>(root, ...'run delete --older-than=1h --yes'.split(' ')).data.runs).toEqual([]);
    expect(runs()).toContain('failed-1');
    stack(root, ...'run delete --pipeline=failing --yes'.split(' '));
    expect(runs()).toEqual(['verified-again', 'gone']);
    expect(failed('run', 'delete')).toMatchObject({ code: 'OPTION_MISSING' });
    expect(failed('run', 'delete', 'gone', '--state=failed')).toMatchObject({ code: 'ARGUMENT_INVALID' });
    expect(failed('run', 'delete', '--state=fialed', '--yes')).toMatchObject({ code: 'ARGUMENT_INVALID' });
    expect(failed('run', 'delete', 'none', 'gone')).toMatchObject({
      code: 'RUN_NOT_FOUND',
      data: { runs: [{ name: 'gone' }] },
    });
  });
});

describe('stack artifact gc', () => {
  it('removes what nothing refers to once it is a day old, and nothing of another project', () => {
    const [kept = ''] = objects();
    const orphan = `${kept}-orphan`;
    const foreign = join(root, '.stack/artifacts/artifacts/0123456789abcdef/sha256/ab/abcd');
    writeFiles('/', { [orphan]: 'left by a kill', [foreign]: 'of another project' });
    expect(stack(root, 'artifact', 'gc')).toMatch(/^There is nothing that is old enough/);
    for (const file of [orphan, foreign, kept])
      utimesSync(file, Date.now() / 1000 - 25 * hour, Date.now() / 1000 - 25 * hour);
    expect(stack(root, 'artifact', 'gc', '--dry-run')).toMatch(/^Would remove one object of 14 B .*-orphan/s);
    expect(existsSync(orphan)).toBe(true);
    expect(stackJson(root, 'artifact', 'gc', 'default').data).toMatchObject({
      stores: [{ store: 'default', objects: [{ size: 14 }], logsOfRuns: [] }],
    });
    expect([existsSync(orphan), existsSync(foreign), existsSync(kept)]).toEqual([false, true, true]);
    rmSync(foreign);
    expect(stackJson(root, 'artifact', 'verify', '--run=verified-again').ok).toBe(true);
  });

  it('stores a value again whose bytes it has removed', () => {
    const [kept = ''] = objects();
    stack(root, 'run', 'delete', 'verified-again');
    expect(objects()).toEqual([]);
    run('after', 3);
    expect(objects()).toEqual([`${kept}-1`]);
    expect(stackJson(root, 'artifact', 'verify', '--all').ok).toBe(false);
    expect(stackJson(root, 'artifact', 'verify', '--run=after').ok).toBe(true);
  });
});

describe('stack run retention', () => {
  it('says which runs stack run prune deletes', () => {
    expect(stack(root, 'run', 'prune')).toMatch(/^Every run is kept/);
    for (const name of ['a', 'b', 'c']) run(name, 3);
    stack(root, 'run', 'retention', 'set', '--max-age=30d', '--max-count=2');
    stack(root, 'run', 'retention', 'set', '--max-count=2');
    stack(root, 'run', 'retention', 'set', '--pipeline=failing', '--max-age=12h');
    expect(stack(root, 'run', 'retention', 'list')).toMatch(/any +any +2\nfailing +any +0.5 d/);
    expect(stackJson<Deleted>(root, 'run', 'prune', '--dry-run').data.runs.map(({ name }) => name)).toEqual([
      'a',
      'after',
    ]);
    expect(runs()).toHaveLength(4);
    expect(stack(root, 'run', 'prune')).toMatch(/^Deleted 2 runs\./);
    expect(runs()).toEqual(['c', 'b']);
    expect(stackJson(root, 'artifact', 'verify', '--run=c').ok).toBe(true);
    expect(stack(root, 'pipeline', 'run', 'pipelines.ts#loading', '--run-name=d', '--rows=3')).toMatch(
      /\nDeleted, as no rule keeps them: b$/m,
    );
    expect(runs()).toEqual(['d', 'c']);
    stack(root, 'run', 'retention', 'set', '--max-count=1', '--pipeline=loading');
    const last = stackJson<{ readonly deletedRuns: readonly string[] }>(
      root,
      ...['pipeline', 'run', 'pipelines.ts#loading', '--run-name=e', '--rows=3'],
    );
    expect(last.data.deletedRuns).toEqual(['c', 'd']);
    expect(runs()).toEqual(['e']);
    stack(root, 'run', 'retention', 'delete', '--pipeline=loading');
    stack(root, 'run', 'retention', 'delete');
    expect(failed('run', 'retention', 'delete')).toMatchObject({ code: 'ARGUMENT_INVALID' });
    expect(failed('run', 'retention', 'set')).toMatchObject({ code: 'OPTION_MISSING' });
  });
});
