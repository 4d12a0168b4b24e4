import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { Readable } from 'node:stream';
import type { ArtifactRecord } from '@stack/core';
import { describe, expect, it } from 'vitest';
import { expectStackError } from '../testing/expect-stack-error.ts';
import { MemoryArtifactStore } from '../testing/memory-artifact-store.ts';
import { ownTemporaryFolder } from '../testing/own-temporary-folder.ts';
import { loadArtifact, readArtifactBytes, storeArtifact } from './artifact-content.ts';
import { defineMaterializer, type Materializer } from './materializer.ts';

const origin = { name: 'training/train/model', runId: 'run', step: 'train', output: 'model' };

function revokedProxy(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

async function store(value: unknown, materializers: readonly Materializer[] = []) {
  const artifactStore = new MemoryArtifactStore();
  const record = { ...(await storeArtifact(artifactStore, value, materializers, origin)), version: 1 };
  return { artifactStore, record, load: () => loadArtifact(artifactStore, record, materializers) };
}

describe('storeArtifact', () => {
  it('stores bytes under their digest, and records digest, size, place and materializer', async () => {
    const { artifactStore, record } = await store('häuser');
    const sha256 = createHash('sha256').update('häuser').digest('hex');
    expect(record).toMatchObject({
      ...origin,
      materializer: 'text',
      store: { component: 'memory', flavor: 'memory', root: 'memory://artifacts' },
      path: `artifacts/sha256/${sha256.slice(0, 2)}/${sha256}`,
      size: 7,
      sha256,
    });
    expect(await artifactStore.readText(record.path)).toBe('häuser');
  });

  it('stores the same bytes once, as artifacts of their own', async () => {
    const { artifactStore, record } = await store([1, 2]);
    const again = await storeArtifact(artifactStore, [1, 2], [], { ...origin, step: 'other' });
    expect(again.path).toBe(record.path);
    expect(again.id).not.toBe(record.id);
    expect(artifactStore.writes).toBe(1);
  });

  it('refuses to rely on stored bytes of another size', async () => {
    const { artifactStore, record } = await store([1, 2]);
    const object = artifactStore.objects.get(record.path);
    if (object !== undefined) object.bytes = Buffer.from('[1');
    await expectStackError('INTEGRITY', () => storeArtifact(artifactStore, [1, 2], [], origin));
  });

  it.each([
    ['text', 'text', 'text'],
    ['text with a byte order mark', '\uFEFFtext', 'text'],
    ['empty text', '', 'text'],
    ['half a surrogate pair', '\uD800', 'json'],
    ['a list of data', [{ a: [1, 'x', true, null] }], 'json'],
    ['a number', 0.1, 'json'],
    ['negative zero', { a: [-0, 0] }, 'json'],
    ['null', null, 'json'],
    ['a key called __proto__', JSON.parse('{"__proto__": 1}'), 'json'],
    ['a Uint8Array', new Uint8Array([0, 255]), 'bytes'],
    ['a Buffer', Buffer.from([0, 255]), 'buffer'],
  ])('gives back %s as it was', async (_name, value, materializer) => {
    const { record, load } = await store(value);
    expect(record.materializer).toBe(materializer);
    expect(await load()).toStrictEqual(value);
  });

  it('stores what a Proxy of data gives', async () => {
    const doubled = new Proxy({ a: 1 }, { get: (target, key) => Number(Reflect.get(target, key)) * 2 });
    expect(await (await store({ doubled })).load()).toEqual({ doubled: { a: 2 } });
  });

  it('stores no result as null, and leaves out undefined properties', async () => {
    expect(await (await store(undefined)).load()).toBeNull();
    expect(await (await store({ a: 1, b: undefined })).load()).toStrictEqual({ a: 1 });
  });

  it.each<[string, unknown]>([
    ['NaN and Infinity', { loss: Number.NaN, best: [Number.POSITIVE_INFINITY, -0] }],
    ['undefined in a list', { rows: [undefined] }],
    ['a hole in a list', new Array(1)],
    ['a date', [{ when: new Date(5) }]],
    ['a map and a set', { map: new Map([[{ a: 1 }, new Set([1n])]]) }],
    ['a regular expression and a URL', [/penguins?/giu, new URL('https://example.com/a?b')]],
    ['typed arrays', { weights: new Float64Array([1.5, Number.NaN]), image: Buffer.from('x'), raw: new Uint8Array(2) }],
    ['an array buffer', { buffer: new Uint8Array([1, 2]).buffer }],
    ['a BigInt', 12345678901234567890n],
  ])('gives back %s as data', async (_name, value) => {
    const { record, load } = await store(value);
    expect(record.materializer).toBe('data');
    expect(await load()).toStrictEqual(value);
  });

  it('gives back typed arrays as they were, from their bytes alone', async () => {
    const shared = Buffer.alloc(64, 'secret');
    const part = new Float64Array(shared.buffer, shared.byteOffset + 8, 2);
    part.set([0.5, -1]);
    const alone = await store(part);
    expect(alone.record).toMatchObject({ materializer: 'float64-array', size: 16 });
    expect(await alone.load()).toStrictEqual(new Float64Array([0.5, -1]));
    const { artifactStore, record, load } = await store({ part });
    expect(await artifactStore.readText(record.path)).not.toContain(Buffer.from('secret').toString('base64'));
    expect(await load()).toStrictEqual({ part: new Float64Array([0.5, -1]) });
    for (const array of [new BigUint64Array([2n ** 63n]), new Int8Array([-1]), new Uint8ClampedArray([300])]) {
      expect(await (await store(array)).load()).toStrictEqual(array);
    }
  });

  it('keeps cycles, and what is shared', async () => {
    const cyclic: { self?: unknown; list: unknown[] } = { list: [] };
    cyclic.self = cyclic;
    cyclic.list.push(cyclic.list);
    const loaded = (await (await store(cyclic)).load()) as typeof cyclic;
    expect(loaded.self).toBe(loaded);
    expect(loaded.list[0]).toBe(loaded.list);
    const shared = { a: 1 };
    expect(await (await store([shared, shared])).load()).toEqual([shared, shared]);
  });

  it.each([
    ['a list with properties', 'a'.match(/a/), 'it is a list with properties of its own'],
    ['an instance of a class', { model: new (class Forest {})() }, 'model is an instance of Forest'],
    ['an instance of a class of maps', [new (class Index extends Map {})()], '0 is an instance of Index'],
    ['an error', { error: new TypeError('x') }, 'error is an instance of TypeError'],
    ['a function', { call: () => 1 }, 'call is a function'],
    [
      'a property that throws when it is read',
      {
        a: {
          get loss() {
            throw new Error('lazy');
          },
        },
      },
      'a.loss cannot be read: lazy',
    ],
    ['a Proxy that was revoked', { model: revokedProxy() }, 'model cannot be read'],
    [
      'a Proxy of an instance of a class',
      { model: new Proxy(new (class Forest {})(), {}) },
      'model is an instance of Forest',
    ],
    ['a stream within data', { rows: Readable.from([]) }, 'rows is a stream, which is an output of its own'],
    ['a function in a map', new Map([['call', () => 1]]), 'call is a function'],
    ['a promise', [Promise.resolve()], '0 is an instance of Promise'],
    ['a symbol', Symbol('x'), 'it is a symbol'],
    ['a key that is a symbol', { [Symbol('x')]: 1 }, 'it has a symbol as a key'],
    [
      'a key that is a prototype, beside a date',
      [JSON.parse('{"__proto__": 1}'), new Date()],
      '0 has a key "__proto__"',
    ],
  ])('refuses %s, naming the field', async (_name, value, problem) => {
    const error = await expectStackError('VALUE_NOT_SERIALIZABLE', () => store(value));
    expect(error.message).toContain('The output "model" of the step "train"');
    expect(error.message).toContain(`  ${problem}`);
    expect(error.hint).toContain('defineMaterializer');
  });

  it('names every field at once', async () => {
    const value = { a: () => 1, b: [Symbol('x')], c: new Map([['d', new WeakMap()]]) };
    const { problems } = await expectStackError('VALUE_NOT_SERIALIZABLE', () => store(value));
    expect(problems?.map(({ path }) => path)).toEqual(['a', 'b.0', 'c.d']);
  });

  it('refuses data that is too deep', async () => {
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level++) deep = [deep];
    const error = await expectStackError('VALUE_NOT_SERIALIZABLE', () => store(deep));
    expect(error.message).toContain('lies more than 1000 levels deep');
  });
});

describe('a materializer', () => {
  class Matrix {
    readonly rows: number[][];
    constructor(rows: number[][]) {
      this.rows = rows;
    }
  }
  const matrix = defineMaterializer({
    name: 'matrix',
    matches: (value) => value instanceof Matrix,
    serialize: (value) => Readable.from(value.rows.map((row) => Buffer.from(`${row.join(',')}\n`))),
    deserialize: async (stored) =>
      new Matrix(
        (await stored.bytes())
          .toString()
          .trim()
          .split('\n')
          .map((line) => line.split(',').map(Number)),
      ),
  });

  it('of the pipeline comes before the built-in ones, and may write a stream', async () => {
    const folder = ownTemporaryFolder();
    const value = new Matrix([
      [1, 2],
      [3, 4],
    ]);
    const { record, load } = await store(value, [matrix]);
    expect(record).toMatchObject({
      materializer: 'matrix',
      size: 8,
      sha256: createHash('sha256').update('1,2\n3,4\n').digest('hex'),
    });
    expect(await load()).toStrictEqual(value);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('that fails is named, with the output', async () => {
    const broken = defineMaterializer({
      name: 'broken',
      matches: (value): value is 1 => value === 1,
      serialize: () => {
        throw new Error('out of paper');
      },
      deserialize: () => 1 as const,
    });
    const error = await expectStackError('VALUE_NOT_SERIALIZABLE', () => store(1, [broken]));
    expect(error.message).toContain('"broken"');
    expect(error.message).toContain('out of paper');
  });

  it('that is not known when an artifact is loaded is named, and how to give it', async () => {
    const { artifactStore, record } = await store(new Matrix([[1]]), [matrix]);
    const error = await expectStackError('MATERIALIZER_NOT_FOUND', () => loadArtifact(artifactStore, record));
    expect(error.message).toContain('"matrix"');
    expect(error.hint).toContain('pipeline({ materializers');
  });

  it('needs a name that can be recorded', async () => {
    await expectStackError('ARGUMENT_INVALID', () => defineMaterializer({ ...matrix, name: 'a b' } as never));
  });
});

describe('readArtifactBytes', () => {
  const damage = async (change: (bytes: Buffer) => Buffer) => {
    const { artifactStore, record } = await store('penguins');
    const object = artifactStore.objects.get(record.path);
    if (object !== undefined) object.bytes = change(object.bytes);
    return { artifactStore, record };
  };
  const read = ({ artifactStore, record }: { artifactStore: MemoryArtifactStore; record: ArtifactRecord }) =>
    readArtifactBytes(artifactStore, record);

  it('gives the bytes as they were written', async () => {
    expect((await read(await store('penguins'))).toString()).toBe('penguins');
  });

  it('refuses bytes of another size', async () => {
    const error = await expectStackError('INTEGRITY', async () => read(await damage((bytes) => bytes.subarray(1))));
    expect(error.message).toContain('has 7 bytes, and 8 were written');
  });

  it('refuses other bytes of the same size', async () => {
    await expectStackError('INTEGRITY', async () => read(await damage((bytes) => Buffer.from(bytes).fill(120))));
  });

  it('says so when the bytes are gone', async () => {
    const { artifactStore, record } = await store('penguins');
    artifactStore.objects.clear();
    await expectStackError('NOT_FOUND', () => readArtifactBytes(artifactStore, record));
  });
});
