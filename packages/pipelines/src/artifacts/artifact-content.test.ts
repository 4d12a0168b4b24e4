import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { ArtifactRecord } from '@stack/core';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { expectStackError } from '../testing/expect-stack-error.ts';
import { MemoryArtifactStore } from '../testing/memory-artifact-store.ts';
import { loadArtifact, readArtifactBytes, storeArtifact } from './artifact-content.ts';
import { defineMaterializer, type Materializer } from './materializer.ts';

const origin = { runId: 'run', step: 'train', output: 'model' };

async function store(value: unknown, materializers: readonly Materializer[] = []) {
  const artifactStore = new MemoryArtifactStore();
  const record = await storeArtifact(artifactStore, value, materializers, origin);
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

  it('stores no result as null, and leaves out undefined properties', async () => {
    expect(await (await store(undefined)).load()).toBeNull();
    expect(await (await store({ a: 1, b: undefined })).load()).toStrictEqual({ a: 1 });
  });

  it.each([
    ['NaN', { loss: Number.NaN }, 'loss is NaN'],
    ['Infinity', [1, Number.POSITIVE_INFINITY], '1 is Infinity'],
    ['undefined in a list', { rows: [undefined] }, 'rows.0 is undefined'],
    ['a hole in a list', new Array(1), '0 is undefined'],
    ['a list with properties', 'a'.match(/a/), 'it is a list with properties of its own'],
    ['a date', [{ when: new Date() }], '0.when is an instance of Date'],
    ['a map', { map: new Map() }, 'map is an instance of Map'],
    ['an instance of a class', { model: new (class Forest {})() }, 'model is an instance of Forest'],
    ['a typed array', { weights: new Float64Array(1) }, 'weights is an instance of Float64Array'],
    ['bytes within data', { image: Buffer.from('x') }, 'image is an instance of Buffer'],
    ['a function', { call: () => 1 }, 'call is a function'],
    ['a BigInt', 1n, 'it is a BigInt'],
    ['a symbol', Symbol('x'), 'it is a symbol'],
    ['a key that is a symbol', { [Symbol('x')]: 1 }, 'it has a symbol as a key'],
  ])('refuses %s, naming the field', async (_name, value, problem) => {
    const error = await expectStackError('VALUE_NOT_SERIALIZABLE', () => store(value));
    expect(error.message).toContain('The output "model" of the step "train"');
    expect(error.message).toContain(`  ${problem}`);
    expect(error.hint).toContain('defineMaterializer');
  });

  it('refuses cycles and data that is too deep, and takes what is only shared', async () => {
    const cyclic: unknown[] = [];
    cyclic.push([cyclic]);
    expect((await expectStackError('VALUE_NOT_SERIALIZABLE', () => store(cyclic))).message).toContain(
      '0.0 contains itself',
    );
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level++) deep = [deep];
    const error = await expectStackError('VALUE_NOT_SERIALIZABLE', () => store(deep));
    expect(error.message).toContain('lies more than 1000 levels deep');
    const shared = { a: 1 };
    expect(await (await store([shared, shared])).load()).toEqual([shared, shared]);
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
    deserialize: (bytes) =>
      new Matrix(
        Buffer.from(bytes)
          .toString()
          .trim()
          .split('\n')
          .map((line) => line.split(',').map(Number)),
      ),
  });

  it('of the pipeline comes before the built-in ones, and may write a stream', async () => {
    // Other processes use the folder of the machine.
    const folder = mkdtempSync(join(tmpdir(), 'stack-test-'));
    vi.stubEnv('TMPDIR', folder);
    onTestFinished(() => {
      vi.unstubAllEnvs();
      rmSync(folder, { recursive: true });
    });
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
