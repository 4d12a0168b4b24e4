import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { expectStackError } from '../testing/expect-stack-error.ts';
import { MemoryArtifactStore } from '../testing/memory-artifact-store.ts';
import { ownTemporaryFolder } from '../testing/own-temporary-folder.ts';
import { loadArtifact, type StoreValueOptions, storeArtifact } from './artifact-content.ts';
import { directoryArtifact } from './directory-artifact.ts';
import { defineMaterializer, type Materializer } from './materializer.ts';
import type { OutputSchema } from './output-options.ts';
import type { Visualization } from './visualization.ts';

const origin = { name: 'training/train/model', runId: 'run', step: 'train', output: 'model' };

async function store(value: unknown, materializers: readonly Materializer[] = [], options: StoreValueOptions = {}) {
  const artifactStore = new MemoryArtifactStore();
  const record = { ...(await storeArtifact(artifactStore, value, materializers, origin, options)), version: 1 };
  return { artifactStore, record, load: (known = materializers) => loadArtifact(artifactStore, record, known) };
}

class Forest {
  readonly trees: readonly number[];
  constructor(trees: readonly number[]) {
    this.trees = trees;
  }
}

const forestVersion = (version: number) =>
  defineMaterializer({
    name: 'forest',
    version,
    matches: (value) => value instanceof Forest,
    serialize: ({ trees }) => (version === 1 ? trees.join() : JSON.stringify(trees)),
    deserialize: async (stored) => {
      const text = String(await stored.bytes());
      return new Forest(stored.version === 1 ? text.split(',').map(Number) : JSON.parse(text));
    },
  }) as Materializer;

it.each([
  ['no functions "serialize" and "deserialize"', { serialize: undefined }],
  ['no functions "serialize" and "deserialize"', { deserialize: 'text' }],
  ['a "visualize" that is no function', { visualize: [] }],
])('is refused with %s', async (expected, wrong) => {
  const written = { name: 'forest', serialize: () => 'a', deserialize: () => 1, ...wrong };
  const error = await expectStackError('ARGUMENT_INVALID', () => defineMaterializer(written as never));
  expect(error.message).toBe(`The materializer "forest" has ${expected}.`);
});

describe('the version of a materializer', () => {
  it('is recorded, and told to a newer one, which reads what an older one wrote', async () => {
    const { record, load } = await store(new Forest([1, 2]), [forestVersion(1)]);
    expect(record).toMatchObject({ materializer: 'forest', materializerVersion: 1 });
    expect(await load([forestVersion(2)])).toEqual(new Forest([1, 2]));
  });

  it('that is older than what wrote an artifact refuses it', async () => {
    const { load } = await store(new Forest([1, 2]), [forestVersion(2)]);
    const error = await expectStackError('MATERIALIZER_NOT_FOUND', () => load([forestVersion(1)]));
    expect(error.message).toContain('version 2 of the materializer "forest", and what is known here is version 1');
  });

  it.each([0, 1.5, Number.NaN])('cannot be %d', async (version) => {
    await expectStackError('ARGUMENT_INVALID', () => forestVersion(version));
  });
});

describe('a materializer that writes a directory', () => {
  it('has a folder for it, and gets it back as one', async () => {
    ownTemporaryFolder();
    let folder = '';
    const saved = defineMaterializer({
      name: 'saved-forest',
      matches: (value) => value instanceof Forest,
      serialize: async ({ trees }, { temporaryFolder }) => {
        folder = temporaryFolder;
        for (const [index, tree] of trees.entries()) await writeFile(join(folder, `${index}.txt`), String(tree));
        return directoryArtifact(folder);
      },
      deserialize: async (stored) => {
        const directory = stored.directory();
        const path = await directory.path();
        const files = await directory.list();
        return new Forest(await Promise.all(files.map(async (file) => Number(await readFile(join(path, file.path))))));
      },
    }) as Materializer;
    const { record, load } = await store(new Forest([4, 8]), [saved]);
    expect(record.contents).toHaveLength(2);
    expect(folder).not.toBe('');
    expect(await load()).toEqual(new Forest([4, 8]));
  });
});

describe('a materializer that is named', () => {
  const rows = defineMaterializer({
    name: 'rows',
    serialize: (value: readonly (readonly number[])[]) => value.map((row) => row.join()).join('\n'),
    deserialize: async (stored) =>
      String(await stored.bytes())
        .split('\n')
        .map((row) => row.split(',').map(Number)),
  }) as Materializer;

  it('stores what others match, and nothing that it is not named for', async () => {
    const value = [
      [1, 2],
      [3, 4],
    ];
    expect((await store(value, [rows])).record.materializer).toBe('json');
    const { artifactStore, record, load } = await store(value, [rows], { output: { materializer: 'rows' } });
    expect(record.materializer).toBe('rows');
    expect(await artifactStore.readText(record.path)).toBe('1,2\n3,4');
    expect(await load()).toEqual(value);
  });

  it('and is not known is an error with the nearest name', async () => {
    const error = await expectStackError('MATERIALIZER_NOT_FOUND', () =>
      store([], [rows], { output: { materializer: 'row' } }),
    );
    expect(error.hint).toContain('rows');
  });

  it('refuses what it cannot store, naming each field', async () => {
    const { message } = await expectStackError('VALUE_NOT_SERIALIZABLE', () =>
      store({ when: new Date(0) }, [], { output: { materializer: 'json' } }),
    );
    expect(message).toContain('when is an instance of Date');
    await expectStackError('VALUE_NOT_SERIALIZABLE', () => store({}, [], { output: { materializer: 'html' } }));
  });
});

describe('the schema of an output', () => {
  const schema = z.object({ accuracy: z.number().max(1), labels: z.array(z.string()) });

  it('is recorded as JSON Schema, and leaves the value as it is', async () => {
    const value = { accuracy: 0.5, labels: ['a'], extra: true };
    const { record, load } = await store(value, [], { output: { schema } });
    expect(record.schema).toMatchObject({
      type: 'object',
      properties: { accuracy: { type: 'number', maximum: 1 }, labels: { type: 'array' } },
      required: ['accuracy', 'labels'],
    });
    expect(await load()).toEqual(value);
  });

  it('refuses a value with every field that does not fit, before anything is stored', async () => {
    const artifactStore = new MemoryArtifactStore();
    const value = { accuracy: 2, labels: ['a', 1] };
    const error = await expectStackError('OUTPUT_INVALID', () =>
      storeArtifact(artifactStore, value, [], origin, { output: { schema } }),
    );
    expect(error.problems?.map(({ path }) => path)).toEqual(['accuracy', 'labels.1']);
    expect(error.message).toContain('The output "model" of the step "train" does not fit its schema');
    expect([...artifactStore.objects]).toEqual([]);
  });

  it('may be of any library that keeps to Standard Schema, waits for its answer, and need not have a JSON Schema', async () => {
    const even: OutputSchema = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: async (value: unknown) =>
          Number(value) % 2 === 0 ? { value } : { issues: [{ message: 'is odd', path: [{ key: 'number' }] }] },
      },
    };
    expect((await store(2, [], { output: { schema: even } })).record.schema).toBeUndefined();
    const { problems } = await expectStackError('OUTPUT_INVALID', () => store(3, [], { output: { schema: even } }));
    expect(problems).toEqual([{ path: 'number', message: 'is odd' }]);
  });

  it('is recorded as nothing where JSON has no schema for it', async () => {
    const { record } = await store(new Date(0), [], { output: { schema: z.date() } });
    expect(record).toMatchObject({ materializer: 'data', schema: undefined });
  });

  it('is what the materializer says where the step says nothing', async () => {
    const described = { ...forestVersion(1), schema: (value: unknown) => ({ trees: (value as Forest).trees.length }) };
    expect((await store(new Forest([1, 2]), [described])).record.schema).toEqual({ trees: 2 });
  });
});

describe('visualizations', () => {
  const shown = (visualize: (value: unknown) => readonly Visualization[]) => ({ ...forestVersion(1), visualize });

  it('are kept beside the artifact, as objects of their own', async () => {
    const image = Buffer.from([0x89, 0x50]);
    const materializer = shown(() => [
      { name: 'summary', type: 'markdown', content: '# Forest' },
      { name: 'plot', type: 'image', content: image },
      { name: 'drawing', type: 'image', content: '<svg/>', mediaType: 'image/svg+xml' },
    ]);
    const { artifactStore, record } = await store(new Forest([1]), [materializer]);
    expect(record.visualizations).toMatchObject([
      { name: 'summary', type: 'markdown', mediaType: 'text/markdown; charset=utf-8', size: 8 },
      { name: 'plot', type: 'image', mediaType: 'image/png', size: 2 },
      { name: 'drawing', type: 'image', mediaType: 'image/svg+xml' },
    ]);
    const contents = await Promise.all(record.visualizations.map(({ path }) => artifactStore.read(path)));
    expect(contents).toEqual([Buffer.from('# Forest'), image, Buffer.from('<svg/>')]);
  });

  it.each(['html', 'markdown', 'csv'])(
    'of text that is stored as %s are the text itself, stored once',
    async (name) => {
      const { artifactStore, record, load } = await store('a,b', [], { output: { materializer: name } });
      expect(record).toMatchObject({ materializer: name, visualizations: [{ name, type: name, path: record.path }] });
      expect(artifactStore.writes).toBe(1);
      expect(await load()).toBe('a,b');
    },
  );

  it.each<[string, () => readonly Visualization[], string]>([
    [
      'that throw',
      () => {
        throw new Error('no font');
      },
      'no font',
    ],
    ['of a name that cannot be', () => [{ name: 'a/b', type: 'html', content: '' }], '"a/b"'],
    [
      'of one name',
      () => [
        { name: 'a', type: 'html', content: '' },
        { name: 'a', type: 'csv', content: '' },
      ],
      'is there twice',
    ],
    ['of another type', () => [{ name: 'a', type: 'pdf' as 'html', content: '' }], 'the type "pdf"'],
    ['of no content', () => [{ name: 'a', type: 'html', content: 1 as never }], 'neither text nor bytes'],
  ])('%s lose nothing of the value, and are told', async (_name, visualize, expected) => {
    const warnings: string[] = [];
    const warn = (message: string) => void warnings.push(message);
    const { record, load } = await store(new Forest([1]), [shown(visualize)], { warn });
    expect(record.visualizations).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining(expected)]);
    expect(await load()).toEqual(new Forest([1]));
  });
});
