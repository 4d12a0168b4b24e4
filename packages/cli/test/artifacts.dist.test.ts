import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '@stack/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runStack, stack, stackJson, temporaryFolder, writeFiles } from './run-stack.ts';

const pipelines = `
import { pipeline, step } from '@stack/pipelines';
const load = step({ name: 'load' }, () => [1, 2, 3]);
const train = step({ name: 'train', outputs: ['model'] }, async ({ rows }: { rows: number[] }, context) => {
  await context.saveArtifact('reports/summary', '# ' + rows.length + ' rows', { tags: ['draft'], metadata: { pages: 1 } });
  context.logMetadata({ rows: rows.length });
  context.logMetadata({ accuracy: 0.9 }, 'run');
  context.logMetadata({ kind: 'forest' }, { output: 'model' });
  return { model: 'a model of ' + rows.length };
});
const use = step({ name: 'use' }, async (_input, context) => {
  return [await context.loadArtifact('training/train/model'), await context.loadArtifact('reports/summary@draft')].join();
});
export const training = pipeline({ name: 'training' }, () => train({ rows: load() }).model);
export const using = pipeline({ name: 'using' }, () => use());
`;

const folder = temporaryFolder();
const root = folder.path;

interface Artifact {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly tags: readonly string[];
  readonly metadata: JsonObject;
}

const json = <Data>(...words: readonly string[]) => stackJson<Data>(root, ...words);
const shown = ({ name, version }: Artifact) => `${name}@${version}`;

beforeAll(() => {
  writeFiles(root, { 'package.json': '{}', 'pipelines.ts': pipelines });
  stack(root, 'init');
  for (const name of ['first', 'second']) {
    stack(root, 'pipeline', 'run', 'pipelines.ts#training', `--run-name=${name}`);
  }
  // Its artifacts go to another store than those that it loads.
  stack(root, 'artifact-store', 'register', 'other', '--flavor=local', '--path=other');
  stack(root, 'register', 'elsewhere', '--orchestrator=default', '--artifact-store=other', '--activate');
  stack(root, 'pipeline', 'run', 'pipelines.ts#using', '--run-name=used');
}, 60_000);

afterAll(() => folder[Symbol.dispose]());

describe('artifacts', () => {
  it('are counted by name, and what is logged of a run, its steps and artifacts is shown with it', () => {
    const { data } = json<{ metadata: JsonObject; steps: { metadata: JsonObject }[]; artifacts: Artifact[] }>(
      ...['run', 'describe', 'first'],
    );
    expect(data.metadata.logged).toEqual({ accuracy: 0.9 });
    expect(data.steps.map(({ metadata }) => metadata.logged)).toEqual([undefined, { rows: 3 }]);
    expect(data.artifacts.map(shown)).toEqual([
      'training/load/output@1',
      'training/train/model@1',
      'reports/summary@1',
    ]);
    expect(data.artifacts.map(({ metadata }) => metadata)).toEqual([{}, { kind: 'forest' }, { pages: 1 }]);
    const text = stack(root, 'run', 'describe', 'first');
    expect(text).toMatch(/^run +accuracy +0\.9$/m);
    expect(text).toMatch(/^step train +rows +3$/m);
    expect(text).toMatch(/^reports\/summary@1 +pages +1$/m);
  });

  it('are named by id, name, version and tag, whatever stack is active', () => {
    const [newest] = json<Artifact[]>('artifact', 'versions', 'training/train/model').data;
    const references = [
      'training/train/model',
      'training/train/model@2',
      newest?.id ?? '',
      newest?.id.slice(0, 9) ?? '',
    ];
    for (const reference of references) {
      expect(json('artifact', 'describe', reference).data).toMatchObject({ id: newest?.id, version: 2 });
      expect(stack(root, 'artifact', 'cat', reference)).toBe('a model of 3');
    }
    const text = stack(root, 'artifact', 'describe', 'training/train/model@2');
    expect(text).toMatch(/^metadata +\{"kind":"forest"\}$/m);
    expect(text).toMatch(/^run +second$/m);
  });

  it('have tags, each on one artifact of a name', () => {
    expect(json<Artifact>('artifact', 'tag', 'training/train/model@1', 'prod', 'best').data.tags).toEqual([
      'best',
      'prod',
    ]);
    expect(stack(root, 'artifact', 'tag', 'training/train/model', 'prod')).toBe(
      'training/train/model@2 has the tags prod.\n',
    );
    const { data } = json<Artifact[]>('artifact', 'versions', 'training/train/model');
    expect(data.map(({ version, tags }) => [version, tags])).toEqual([
      [2, ['prod']],
      [1, ['best']],
    ]);
    expect(stack(root, 'artifact', 'untag', 'training/train/model@best', 'best')).toContain('@1 has no tags.');
    expect(stack(root, 'artifact', 'versions', 'training/train/model')).toMatch(/^2 +prod +12 B /m);
  });

  it.each([
    [['artifact', 'describe', 'training/train/modle'], 'ARTIFACT_NOT_FOUND', 'Did you mean "training/train/model"?'],
    [
      ['artifact', 'cat', 'training/train/model@7'],
      'ARTIFACT_NOT_FOUND',
      'stack artifact versions training/train/model',
    ],
    [['artifact', 'lineage', '@3'], 'ARGUMENT_INVALID', 'NAME@TAG'],
    [['artifact', 'tag', 'training/train/model', '3'], 'ARGUMENT_INVALID', 'such as v'],
    [['artifact', 'untag', 'training/train/model', 'none'], 'ARGUMENT_INVALID', 'It has'],
    [['artifact', 'tag', 'training/train/model'], 'OPTION_MISSING', 'TAG'],
  ])('that there are not, or that cannot be: %j', (words, code, hint) => {
    const { ok, error } = JSON.parse(runStack(root, [...words, '--json']).stdout) as ReturnType<typeof json>;
    expect({ ok, error }).toMatchObject({ ok: false, error: { code } });
    expect(JSON.stringify(error)).toContain(JSON.stringify(hint).slice(1, -1));
  });

  it('are saved from files and folders, and metadata is logged, by command', () => {
    writeFiles(root, { 'notes/a.txt': 'of a', 'notes/deep/b.txt': 'of b' });
    expect(stack(root, 'artifact', 'save', 'notes/one', 'notes/a.txt', '--tag=draft', '--metadata=pages=3')).toMatch(
      /^Saved notes\/one@1, 4 B, in the artifact-store "other" \(local\)\.\n$/,
    );
    const folder = json<Artifact & { materializer: string; contents: unknown[] }>(
      'artifact',
      'save',
      'notes/all',
      'notes',
    );
    expect(folder.data).toMatchObject({ version: 1, materializer: 'directory', tags: [], metadata: {} });
    expect(folder.data.contents).toHaveLength(2);
    expect(stack(root, 'artifact', 'cat', 'notes/one@draft')).toBe('of a');
    stack(root, 'artifact', 'download', 'notes/all', 'copied');
    expect(readFileSync(join(root, 'copied/deep/b.txt'), 'utf8')).toBe('of b');
    const logged = json('artifact', 'log-metadata', 'notes/one', 'pages=4', 'kind=a note', 'of={"a":[1]}').data;
    expect(logged).toEqual({ metadata: { pages: 4, kind: 'a note', of: { a: [1] } } });
    expect(json('run', 'log-metadata', 'used', 'checked=true').data).toEqual({ metadata: { checked: true } });
    expect(stack(root, 'run', 'log-metadata', 'used', 'checked=false', '--step=use')).toBe(
      'Of the step use of the run used is logged: {"checked":false}\n',
    );
    expect(json('run', 'describe', 'used').data).toMatchObject({
      metadata: { logged: { checked: true } },
      steps: [{ metadata: { logged: { checked: false } } }],
    });
  });

  it.each([
    [['artifact', 'save', 'notes/none', 'nowhere'], 'FILE_NOT_FOUND', 'nowhere'],
    [['artifact', 'save', 'not a name', 'pipelines.ts'], 'ARGUMENT_INVALID', 'not a name'],
    [['artifact', 'save', 'notes/none', 'pipelines.ts', '--tag=3'], 'ARGUMENT_INVALID', '3'],
    [
      ['artifact', 'save', 'notes/none', 'pipelines.ts', '--metadata=a', '--metadata==b'],
      'ARGUMENT_INVALID',
      '"a", "=b"',
    ],
    [['artifact', 'save', 'notes/none'], 'OPTION_MISSING', 'FILE'],
    [['artifact', 'log-metadata', 'notes/none', 'a=1'], 'ARTIFACT_NOT_FOUND', 'notes/none'],
    [['artifact', 'log-metadata', 'notes/one'], 'OPTION_MISSING', 'KEY=VALUE'],
    [['run', 'log-metadata', 'none', 'a=1'], 'RUN_NOT_FOUND', 'none'],
    [['run', 'log-metadata', 'used', 'a=1', '--step=none'], 'STEP_NOT_FOUND', 'none'],
  ])('are neither saved nor logged of: %j', (words, code, message) => {
    const { ok, error } = JSON.parse(runStack(root, [...words, '--json']).stdout) as ReturnType<typeof json>;
    expect({ ok, error }).toMatchObject({ ok: false, error: { code } });
    expect(error.message).toContain(message);
    expect(json<Artifact[]>('artifact', 'list').data.map(({ name }) => name)).not.toContain('notes/none');
  });

  it('have a lineage both ways, across runs and the cache', () => {
    expect(stack(root, 'artifact', 'lineage', 'using/use/output')).toBe(`\
using/use/output@1, by the step use of the run used

Made from:
├─ training/train/model: training/train/model@2, by the step train of the run second
│  └─ the same, by the cache: training/train/model@1, by the step train of the run first
│     └─ rows: training/load/output@1, by the step load of the run first
└─ reports/summary@draft: reports/summary@1, by the step train of the run first
   └─ rows: training/load/output@1, by the step load of the run first

Made from it:
nothing
`);
    const down = stack(root, 'artifact', 'lineage', 'training/load/output@1', '--down');
    expect(down).not.toContain('Made from:');
    expect(down).toContain('└─ training/train/model: using/use/output@1, by the step use of the run used');
    const { data } = json<{ artifacts: Artifact[]; links: { kind: string }[] }>(
      ...['artifact', 'lineage', 'training/train/model@2', '--up'],
    );
    expect(data.artifacts.map(shown)).toEqual([
      'training/train/model@2',
      'training/train/model@1',
      'training/load/output@1',
    ]);
    expect(data.links.map(({ kind }) => kind)).toEqual(['cached', 'input']);
  });

  it('are found when their store has another name by now; or is not registered any more', () => {
    stack(root, 'artifact-store', 'rename', 'other', 'renamed');
    expect(stack(root, 'artifact', 'cat', 'using/use/output')).toBe('a model of 3,# 3 rows');
    stack(root, 'set', 'default');
    stack(root, 'stack', 'delete', 'elsewhere');
    stack(root, 'artifact-store', 'delete', 'renamed');
    expect(stack(root, 'artifact', 'cat', 'using/use/output')).toBe('a model of 3,# 3 rows');
  });
});
