import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  type ArtifactRecord,
  type ArtifactStore,
  didYouMean,
  forEachAtOnce,
  maskSecrets,
  type NewArtifact,
  type OperationOptions,
  StackError,
  type StoredObject,
  type WriteSource,
} from '@stack/core';
import type { InputIdentity } from '../cache/input-identity.ts';
import {
  builtInMaterializers,
  dataMaterializer,
  itemListMaterializer,
  jsonMaterializer,
} from './built-in-materializers.ts';
import type { Materializer, SerializedValue } from './materializer.ts';

/** Bytes that are read to see whether they are intact: 1 MiB. */
const readAtOnce = 1024 * 1024;

/** What an artifact is called, and who stores it. */
export type ArtifactOrigin = Pick<ArtifactRecord, 'name' | 'runId' | 'step' | 'output'>;

/** An item of a list, as the artifact of the list has it. */
type ListedItem = Pick<ArtifactRecord, 'materializer' | 'path' | 'size' | 'sha256'>;

/** How many items of a list are loaded at once. */
const itemsAtOnce = 16;

export interface StoreOptions extends OperationOptions {
  /** Paths whose bytes are known to be wrong: they are replaced. */
  readonly damaged?: ReadonlySet<string>;
}

/** Bytes that can be written more than once, and what is known of them. */
interface Content {
  readonly size: number;
  readonly sha256: string;
  readonly open: () => WriteSource;
}

/**
 * Stores a value under the digest of its bytes, unless these are stored already.
 *
 * @throws VALUE_NOT_SERIALIZABLE for a value that no materializer takes
 * @throws INTEGRITY when the store holds other bytes under the digest
 */
export async function storeArtifact(
  store: ArtifactStore,
  value: unknown,
  materializers: readonly Materializer[],
  origin: ArtifactOrigin,
  options: StoreOptions = {},
): Promise<NewArtifact> {
  // A function without a result has one all the same: the steps after it take it as an input.
  const stored = value === undefined ? null : value;
  const candidates = [...materializers, ...builtInMaterializers];
  const materializer = candidates.find(({ matches }) => matches(stored)) ?? dataMaterializer;
  return storeSerialized(store, await serialize(materializer, stored, origin), materializer.name, origin, options);
}

/**
 * Stores a list by references to its items, which are artifacts already: equal items give an equal list.
 *
 * @param items of one artifact store
 */
export async function storeItemList(
  store: ArtifactStore,
  items: readonly ArtifactRecord[],
  origin: ArtifactOrigin,
  options: OperationOptions = {},
): Promise<NewArtifact> {
  const references = items.map(
    ({ materializer, path, size, sha256 }): ListedItem => ({ materializer, path, size, sha256 }),
  );
  return storeSerialized(store, JSON.stringify(references), itemListMaterializer, origin, options);
}

async function storeSerialized(
  store: ArtifactStore,
  serialized: SerializedValue,
  materializer: string,
  origin: ArtifactOrigin,
  options: StoreOptions,
): Promise<NewArtifact> {
  return withContent(serialized, options, async ({ size, sha256, open }) => {
    const path = `artifacts/sha256/${sha256.slice(0, 2)}/${sha256}`;
    await putOnce(store, path, size, open, options);
    return {
      ...origin,
      id: randomUUID(),
      tags: [],
      materializer,
      materializerVersion: 1,
      store: { component: store.name, flavor: store.flavor, root: maskSecrets(store.root) },
      path,
      size,
      sha256,
      contents: [],
      visualizations: [],
      schema: undefined,
      metadata: {},
      createdAt: new Date(),
    };
  });
}

/**
 * The bytes of an artifact, checked against the size and digest that were recorded.
 *
 * @throws INTEGRITY when they are not the bytes that were written
 * @throws NOT_FOUND when they are gone
 */
export async function readArtifactBytes(
  store: ArtifactStore,
  artifact: StoredObject,
  options: OperationOptions = {},
): Promise<Buffer> {
  const bytes = await store.read(artifact.path, options);
  if (bytes.length !== artifact.size) {
    throw integrityError(store, artifact.path, `has ${bytes.length} bytes, and ${artifact.size} were written`);
  }
  if (sha256Of(bytes) !== artifact.sha256) {
    throw integrityError(store, artifact.path, 'does not have the digest that was recorded');
  }
  return bytes;
}

/**
 * The value of an artifact.
 *
 * @param materializers those beside the built-in ones, as the pipeline was given them
 * @throws MATERIALIZER_NOT_FOUND when the one that wrote it is not among them
 * @throws INTEGRITY when the bytes are not those that were written
 * @throws NOT_FOUND when they are gone
 */
export async function loadArtifact(
  store: ArtifactStore,
  artifact: ArtifactRecord,
  materializers: readonly Materializer[] = [],
  options: OperationOptions = {},
): Promise<unknown> {
  if (artifact.materializer === itemListMaterializer) return loadItems(store, artifact, materializers, options);
  const all = [...materializers, ...builtInMaterializers];
  const materializer = all.find(({ name }) => name === artifact.materializer);
  if (materializer === undefined) {
    const names = all.map(({ name }) => name);
    throw new StackError({
      code: 'MATERIALIZER_NOT_FOUND',
      message: `The artifact "${artifact.name}@${artifact.version}" was written by the materializer "${artifact.materializer}", which is not known here.`,
      hint:
        didYouMean(artifact.materializer, names) ??
        `Give it to the pipeline: pipeline({ materializers: [...] }). Known are ${names.join(', ')}.`,
    });
  }
  return materializer.deserialize(await readArtifactBytes(store, artifact, options));
}

/** A stored list, whose items are loaded one by one. */
export interface ArtifactList {
  readonly length: number;
  /** A value of its own for each call. */
  load(index: number, options?: OperationOptions): Promise<unknown>;
  /** What an item is, for a cache key. */
  identify(index: number): Promise<InputIdentity>;
}

/**
 * Opens an artifact that is a list.
 *
 * @throws STEP_FAILED when its value is no list
 * @throws what `loadArtifact` throws
 */
export async function openArtifactList(
  store: ArtifactStore,
  artifact: ArtifactRecord,
  materializers: readonly Materializer[],
  options: OperationOptions = {},
): Promise<ArtifactList> {
  if (artifact.materializer === itemListMaterializer) {
    const items = await readItemList(store, artifact, options);
    const load = async (index: number, own?: OperationOptions) => {
      const item = items[index];
      return item === undefined ? undefined : loadArtifact(store, { ...artifact, ...item }, materializers, own);
    };
    const identify = async (index: number): Promise<InputIdentity> => {
      const { sha256, materializer } = items[index] ?? artifact;
      return { kind: 'artifact', sha256, materializer };
    };
    return { length: items.length, load, identify };
  }
  const loadList = async (own?: OperationOptions): Promise<readonly unknown[]> => {
    const value = await loadArtifact(store, artifact, materializers, own);
    if (Array.isArray(value)) return value;
    throw new StackError({
      code: 'STEP_FAILED',
      message: `The artifact "${artifact.name}@${artifact.version}" is no list, and a step is mapped over it.`,
      hint: 'Map a step over the output of a step that returns a list.',
    });
  };
  const list = await loadList(options);
  // Data can be copied. What a materializer of the user's makes may lose its class by that, and is made anew.
  const isData = [jsonMaterializer.name, dataMaterializer.name].includes(artifact.materializer);
  const load = async (index: number, own?: OperationOptions) =>
    isData ? structuredClone(list[index]) : (await loadList(own))[index];
  const { sha256, materializer } = artifact;
  const identify = async (index: number): Promise<InputIdentity> => {
    if (!isData) return { kind: 'artifact', sha256, materializer, place: index };
    const { name } = dataMaterializer;
    return {
      kind: 'artifact',
      sha256: sha256Of(String(await dataMaterializer.serialize(list[index]))),
      materializer: name,
    };
  };
  return { length: list.length, load, identify };
}

async function loadItems(
  store: ArtifactStore,
  list: ArtifactRecord,
  materializers: readonly Materializer[],
  options: OperationOptions,
): Promise<readonly unknown[]> {
  const items = await openArtifactList(store, list, materializers, options);
  const values = new Array<unknown>(items.length);
  await forEachAtOnce(values.keys(), itemsAtOnce, async (index) => {
    values[index] = await items.load(index, options);
  });
  return values;
}

async function readItemList(
  store: ArtifactStore,
  list: ArtifactRecord,
  options: OperationOptions,
): Promise<readonly ListedItem[]> {
  return JSON.parse((await readArtifactBytes(store, list, options)).toString('utf8'));
}

/**
 * Looks whether an artifact is as it was written: all bytes of one up to 1 MiB, of a larger one the size, and the digest
 * where the store knows it. Returns what is wrong with it; `undefined` for nothing.
 */
export async function artifactDamage(
  store: ArtifactStore,
  artifact: ArtifactRecord,
  { verify, signal }: OperationOptions & { readonly verify: boolean },
): Promise<string | undefined> {
  try {
    if (verify || artifact.size <= readAtOnce) {
      await readArtifactBytes(store, artifact, { signal });
      return undefined;
    }
    const { size, sha256 = artifact.sha256 } = await store.stat(artifact.path, { signal });
    return size === artifact.size && sha256 === artifact.sha256 ? undefined : 'is damaged';
  } catch (error) {
    signal?.throwIfAborted();
    if (StackError.is(error, 'NOT_FOUND')) return 'is gone';
    return StackError.is(error, 'INTEGRITY') ? 'is damaged' : 'cannot be read';
  }
}

function sha256Of(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

async function serialize(materializer: Materializer, value: unknown, origin: ArtifactOrigin): Promise<SerializedValue> {
  try {
    return await materializer.serialize(value);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new StackError({
      code: 'VALUE_NOT_SERIALIZABLE',
      message: `The output "${origin.output}" of the step "${origin.step}" cannot be stored by the materializer "${materializer.name}": ${detail}`,
      ...(StackError.is(error) ? { hint: error.hint, problems: error.problems } : {}),
      cause: error,
    });
  }
}

async function withContent<Result>(
  serialized: SerializedValue,
  { signal }: OperationOptions,
  use: (content: Content) => Promise<Result>,
): Promise<Result> {
  if (!(serialized instanceof Readable)) {
    const bytes = typeof serialized === 'string' ? Buffer.from(serialized) : serialized;
    const sha256 = sha256Of(bytes);
    return use({ size: bytes.byteLength, sha256, open: () => bytes });
  }
  // The path is the digest, which is known at the end of the stream.
  const folder = await mkdtemp(join(tmpdir(), 'stack-artifact-'));
  try {
    const file = join(folder, 'content');
    const hash = createHash('sha256');
    let size = 0;
    const measure = async function* (source: AsyncIterable<Uint8Array | string>) {
      for await (const chunk of source) {
        const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
        hash.update(bytes);
        size += bytes.byteLength;
        yield bytes;
      }
    };
    await pipeline(serialized, measure, createWriteStream(file), { signal });
    return await use({ size, sha256: hash.digest('hex'), open: () => createReadStream(file) });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function putOnce(
  store: ArtifactStore,
  path: string,
  size: number,
  open: () => WriteSource,
  { signal, damaged }: StoreOptions,
): Promise<void> {
  try {
    await store.write(path, open(), { ifAbsent: damaged?.has(path) !== true, signal });
  } catch (error) {
    if (!StackError.is(error, 'ALREADY_EXISTS')) throw error;
    const storedSize = await store.size(path, { signal });
    if (storedSize !== size) {
      throw integrityError(store, path, `has ${storedSize} bytes, and its name says that it has ${size}`);
    }
  }
}

function integrityError(store: ArtifactStore, path: string, problem: string): StackError {
  return new StackError({
    code: 'INTEGRITY',
    message: `The object "${path}" in the ${store} ${problem}.`,
    hint: 'It was changed or damaged outside of Stack. Remove it, and run the pipeline again to write it anew.',
  });
}
