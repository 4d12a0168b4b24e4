import { createHash, hash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import {
  type ArtifactStore,
  type OperationOptions,
  onDisk,
  StackError,
  type StoredObject,
  type WriteSource,
} from '@stack/core';
import { type ByteStream, toBuffers } from './byte-stream.ts';
import { ObjectPlaces } from './object-places.ts';
import type { RecentBytes } from './recent-bytes.ts';

/** Bytes that are read or written as a whole, and that are asked for again rather than looked for first: 1 MiB. */
const heldAtOnce = 1024 * 1024;

export interface ObjectOptions extends OperationOptions {
  /** What is known of the store's small objects without asking it. Default: nothing. */
  readonly recent?: RecentBytes | undefined;
}

export interface StoreOptions extends ObjectOptions {
  /** Paths whose bytes are known to be wrong: they are replaced. */
  readonly damaged?: ReadonlySet<string>;
  /** Says where the bytes go. Default: where those of runs in memory are. */
  readonly places?: ObjectPlaces;
}

/** The object that bytes of a digest are stored as. */
async function objectOf(
  { size, sha256 }: Omit<StoredObject, 'path'>,
  { places = new ObjectPlaces(undefined) }: StoreOptions,
): Promise<StoredObject> {
  return { path: await places.pathOf(sha256), size, sha256 };
}

/**
 * Stores bytes, unless they are stored already.
 *
 * @throws INTEGRITY when the store holds other bytes under their digest
 */
export async function storeBytes(
  store: ArtifactStore,
  content: Uint8Array | string,
  options: StoreOptions,
): Promise<StoredObject> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return putSource(store, { size: bytes.byteLength, sha256: sha256Of(bytes) }, bytes, options);
}

/**
 * Stores a file of this machine: its digest is computed first, so that what is stored already is not sent again.
 *
 * @throws FILE_NOT_FOUND when there is no file at the path
 * @throws INTEGRITY when the store holds other bytes under their digest, or the file is changed meanwhile
 */
export async function storeFile(store: ArtifactStore, path: string, options: StoreOptions): Promise<StoredObject> {
  const stats = await onDisk('read', path, () => stat(path));
  if (!stats.isFile()) throw new StackError({ code: 'FILE_NOT_FOUND', message: `${path} is no file.` });
  if (isSmall(stats.size)) return storeBytes(store, await onDisk('read', path, () => readFile(path)), options);
  const openFile = () => createReadStream(path, { highWaterMark: heldAtOnce, signal: options.signal });
  const digest = createHash('sha256');
  let size = 0;
  for await (const chunk of openFile()) {
    digest.update(chunk);
    size += chunk.length;
  }
  return putSource(store, { size, sha256: digest.digest('hex') }, openFile, options);
}

/** Stores an object of another store, or of this one, as an object of this one. */
export async function storeObject(
  store: ArtifactStore,
  { size, sha256 }: StoredObject,
  openSource: () => Readable,
  options: StoreOptions,
): Promise<StoredObject> {
  return putSource(store, { size, sha256 }, openSource, options);
}

/**
 * Stores a stream of unknown length. The digest, which is its name, is known when it has ended: until then a large one is
 * an object of its own in the store, so that it needs room neither in memory nor on this disk.
 *
 * @throws VALUE_NOT_SERIALIZABLE for a stream of something else than bytes and text
 * @throws INTEGRITY when the store holds other bytes under the digest
 * @throws what the stream breaks with
 */
export async function storeStream(
  store: ArtifactStore,
  stream: ByteStream,
  options: StoreOptions,
): Promise<StoredObject> {
  const chunks = toBuffers(stream, options.signal);
  const head: Buffer[] = [];
  let held = 0;
  try {
    while (held <= heldAtOnce) {
      const next = await chunks.next();
      if (next.done === true) return await storeBytes(store, Buffer.concat(head), options);
      head.push(next.value);
      held += next.value.length;
    }
    return await storeStaged(store, joined(head, chunks), options);
  } finally {
    // Ends the stream where it was left in the middle, and does not wait for what it waits for.
    void chunks.return(undefined).catch(() => {});
  }
}

async function* joined(head: Buffer[], rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield* head.splice(0);
  yield* rest;
}

async function storeStaged(
  store: ArtifactStore,
  source: AsyncIterable<Buffer>,
  options: StoreOptions,
): Promise<StoredObject> {
  const { signal, damaged, places = new ObjectPlaces(undefined) } = options;
  const staged = `${await places.folder()}/staged/${randomUUID()}`;
  const { size, sha256 = '' } = await store.write(staged, source, { digest: true, signal });
  let isMoved = false;
  try {
    return await putOnce({ size, sha256 }, options, async (object) => {
      if (damaged?.has(object.path) !== true && (await isStored(store, object, options))) return true;
      return putUnlessStored(store, object, options, async (ifAbsent) => {
        await store.rename(staged, object.path, { ifAbsent, signal });
        isMoved = true;
      });
    });
  } finally {
    if (!isMoved) await store.remove(staged).catch(() => {});
  }
}

/**
 * The bytes of an object, checked against its size and digest.
 *
 * @throws INTEGRITY when they are not the bytes that were written
 * @throws NOT_FOUND when they are gone
 */
export async function readObject(
  store: ArtifactStore,
  { path, size, sha256 }: StoredObject,
  { signal, recent }: ObjectOptions = {},
): Promise<Buffer> {
  const known = recent?.find(path);
  const bytes = known ?? (await store.read(path, { signal }));
  if (bytes.length !== size) {
    throw integrityError(store, path, `has ${bytes.length} bytes, and ${size} were written`);
  }
  if (sha256Of(bytes) !== sha256) throw integrityError(store, path, 'does not have the digest that was recorded');
  if (known === undefined) recent?.add(path, bytes);
  return bytes;
}

/** What is wrong with an object that is not as it was written. */
export interface ObjectDamage {
  readonly path: string;
  /** To stand after what it is: `is gone`. */
  readonly problem: string;
}

/**
 * Looks whether an object is as it was written: all bytes of one up to 1 MiB, of a larger one the size, and the digest where
 * the store knows it. Returns what is wrong with it; `undefined` for nothing.
 */
export async function objectDamage(
  store: ArtifactStore,
  object: StoredObject,
  { verify, signal }: OperationOptions & { readonly verify: boolean },
): Promise<ObjectDamage | undefined> {
  const { path } = object;
  try {
    if (verify || object.size <= heldAtOnce) {
      await readObject(store, object, { signal });
      return undefined;
    }
    const { size, sha256 = object.sha256 } = await store.stat(path, { signal });
    return size === object.size && sha256 === object.sha256 ? undefined : { path, problem: 'is damaged' };
  } catch (error) {
    signal?.throwIfAborted();
    if (StackError.is(error, 'NOT_FOUND')) return { path, problem: 'is gone' };
    return { path, problem: StackError.is(error, 'INTEGRITY') ? 'is damaged' : 'cannot be read' };
  }
}

/** Whether something is as small as what is read and written as a whole. */
export function isSmall(size: number): boolean {
  return size <= heldAtOnce;
}

export function sha256Of(content: string | Uint8Array): string {
  return hash('sha256', content);
}

async function putSource(
  store: ArtifactStore,
  content: Omit<StoredObject, 'path'>,
  source: WriteSource,
  options: StoreOptions,
): Promise<StoredObject> {
  const { signal, damaged, recent } = options;
  // What is read again from elsewhere may have changed since its digest was computed.
  const promise = typeof source === 'function' ? { sha256: content.sha256 } : {};
  return putOnce(content, options, async (object) => {
    const isLarge = !isSmall(object.size);
    if (isLarge && damaged?.has(object.path) !== true && (await isStored(store, object, options))) return true;
    return putUnlessStored(store, object, options, async (ifAbsent) => {
      await store.write(object.path, source, { ifAbsent, signal, ...promise });
      if (source instanceof Uint8Array) recent?.add(object.path, source);
    });
  });
}

/** @param put gives whether the object is there now */
async function putOnce(
  content: Omit<StoredObject, 'path'>,
  options: StoreOptions,
  put: (object: StoredObject) => Promise<boolean>,
): Promise<StoredObject> {
  for (;;) {
    const object = await objectOf(content, options);
    if (await put(object)) return object;
    // It was there and is gone, since it is being removed as garbage: by now it is known where else to put it.
    options.places?.refresh();
  }
}

/** Gives whether the object is there: one that keeps another from being written may be gone a moment later. */
async function putUnlessStored(
  store: ArtifactStore,
  object: StoredObject,
  options: StoreOptions,
  write: (ifAbsent: boolean) => Promise<unknown>,
): Promise<boolean> {
  try {
    await write(options.damaged?.has(object.path) !== true);
    return true;
  } catch (error) {
    if (!StackError.is(error, 'ALREADY_EXISTS')) throw error;
    return isStored(store, object, options);
  }
}

async function isStored(
  store: ArtifactStore,
  { path, size }: StoredObject,
  { signal }: OperationOptions,
): Promise<boolean> {
  let storedSize: number;
  try {
    storedSize = await store.size(path, { signal });
  } catch (error) {
    if (StackError.is(error, 'NOT_FOUND')) return false;
    throw error;
  }
  if (storedSize === size) return true;
  throw integrityError(store, path, `has ${storedSize} bytes, and its name says that it has ${size}`);
}

function integrityError(store: ArtifactStore, path: string, problem: string): StackError {
  return new StackError({
    code: 'INTEGRITY',
    message: `The object "${path}" in the ${store} ${problem}.`,
    hint: 'It was changed or damaged outside of Stack. Remove it, e.g. by stack artifact verify --all --remove, and run the pipeline again to write it anew.',
  });
}
