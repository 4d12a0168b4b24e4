import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type ArtifactStore,
  type CopyOptions,
  type CopyRequest,
  type Garbage,
  type ListEntry,
  type ListRequest,
  type ObjectContent,
  type ObjectStat,
  type OperationOptions,
  type ReadOptions,
  type ReadRequest,
  type RemovalFailure,
  type SignedUrl,
  StackError,
  type StoredStat,
  type WriteOptions,
  type WriteRequest,
  type WriteSource,
} from '@stack/core';
import { collect, paths } from '../../src/artifact-store/cases/listing.ts';
import MemoryArtifactStore from '../../src/memory-artifact-store/implementation.ts';
import { bytesOf, type Mutant, piecesOf, type Source, unconditional, wholeObject } from './mutant.ts';

type MemoryStore = typeof MemoryArtifactStore;

/** Changes the bytes on their way to the store. */
function writing(change: (bytes: Buffer, key: string) => Buffer): MemoryStore {
  return class extends MemoryArtifactStore {
    override async doWrite(key: string, source: Source, request: WriteRequest): Promise<StoredStat> {
      return super.doWrite(key, change(await bytesOf(source), key), request);
    }
  };
}

/** Changes the requests for bytes. */
function reading(change: (request: ReadRequest) => ReadRequest): MemoryStore {
  return class extends MemoryArtifactStore {
    override async doRead(key: string, request: ReadRequest): Promise<ObjectContent> {
      return super.doRead(key, change(request));
    }
  };
}

/** Changes what is known of an object. */
function knowing(change: (stat: StoredStat) => StoredStat): MemoryStore {
  return class extends MemoryArtifactStore {
    override async doStat(key: string): Promise<StoredStat | undefined> {
      const stat = await super.doStat(key);
      return stat && change(stat);
    }
    override async doWrite(key: string, source: Source, request: WriteRequest): Promise<StoredStat> {
      return change(await super.doWrite(key, source, request));
    }
    override async doRead(key: string, request: ReadRequest): Promise<ObjectContent> {
      const { stat, body } = await super.doRead(key, request);
      return { stat: change(stat), body };
    }
  };
}

/** Changes listings. */
function listing(change: (entries: ListEntry[], request: ListRequest) => readonly ListEntry[]): MemoryStore {
  return class extends MemoryArtifactStore {
    override async *doList(key: string, request: ListRequest): AsyncIterable<ListEntry> {
      yield* change(await collect(super.doList(key, request)), request);
    }
  };
}

class WritesInPlace extends MemoryArtifactStore {
  override async doWrite(key: string, source: Source, request: WriteRequest): Promise<StoredStat> {
    const pieces: Buffer[] = [];
    for await (const piece of piecesOf(source)) {
      pieces.push(piece);
      await super.doWrite(key, Buffer.concat(pieces), { ...request, signal: undefined });
    }
    return super.doWrite(key, Buffer.concat(pieces), { ...request, ...unconditional });
  }
}

class CommitsWhatWasAborted extends MemoryArtifactStore {
  override async doWrite(key: string, source: Source, request: WriteRequest): Promise<StoredStat> {
    const pieces: Buffer[] = [];
    try {
      for await (const piece of piecesOf(source)) pieces.push(piece);
    } catch (error) {
      if (!request.signal?.aborted) throw error;
    }
    const stat = await super.doWrite(key, Buffer.concat(pieces), { ...request, signal: undefined });
    request.signal?.throwIfAborted();
    return stat;
  }
}

class CommitsWhenTheSourceFails extends MemoryArtifactStore {
  override async doWrite(key: string, source: Source, request: WriteRequest): Promise<StoredStat> {
    const pieces: Buffer[] = [];
    try {
      for await (const piece of piecesOf(source)) pieces.push(piece);
    } catch (error) {
      await super.doWrite(key, Buffer.concat(pieces), request);
      throw error;
    }
    return super.doWrite(key, Buffer.concat(pieces), request);
  }
}

class MixesWriters extends MemoryArtifactStore {
  readonly #pieces = new Map<string, Buffer[]>();
  override async doWrite(key: string, source: Source, request: WriteRequest): Promise<StoredStat> {
    const pieces = this.#pieces.get(key) ?? [];
    this.#pieces.set(key, pieces);
    for await (const piece of piecesOf(source)) pieces.push(piece);
    this.#pieces.delete(key);
    return super.doWrite(key, Buffer.concat(pieces), request);
  }
}

class ChecksIfAbsentBeforeItWaits extends MemoryArtifactStore {
  override async doWrite(key: string, source: Source, request: WriteRequest): Promise<StoredStat> {
    const isPresent = (await this.doStat(key)) !== undefined;
    return super.doWrite(key, source, { ...request, ifAbsent: request.ifAbsent && isPresent });
  }
}

class ChecksIfMatchBeforeItWaits extends MemoryArtifactStore {
  override async doWrite(key: string, source: Source, request: WriteRequest): Promise<StoredStat> {
    const { ifMatch } = request;
    const isMatch = ifMatch === undefined || (await this.doStat(key))?.etag === ifMatch;
    await delay(1);
    return super.doWrite(key, source, { ...request, ifMatch: isMatch ? undefined : ifMatch });
  }
}

class ChecksCopiesBeforeItWaits extends MemoryArtifactStore {
  override async doCopy(from: string, to: string, request: CopyRequest): Promise<StoredStat> {
    const isPresent = (await this.doStat(to)) !== undefined;
    await delay(1);
    return super.doCopy(from, to, { ...request, ifAbsent: request.ifAbsent && isPresent });
  }
}

class IgnoresIfMatch extends MemoryArtifactStore {
  override async doWrite(key: string, source: Source, request: WriteRequest): Promise<StoredStat> {
    return super.doWrite(key, source, { ...request, ifMatch: undefined });
  }
}

class WritesWhereIfMatchFindsNothing extends MemoryArtifactStore {
  override async doWrite(key: string, source: Source, request: WriteRequest): Promise<StoredStat> {
    const isPresent = (await this.doStat(key)) !== undefined;
    return super.doWrite(key, source, { ...request, ifMatch: isPresent ? request.ifMatch : undefined });
  }
}

class IgnoresIfAbsent extends MemoryArtifactStore {
  override async doWrite(key: string, source: Source, request: WriteRequest): Promise<StoredStat> {
    return super.doWrite(key, source, { ...request, ifAbsent: false });
  }
}

class CallsEveryRefusalAFailedPrecondition extends MemoryArtifactStore {
  override async doWrite(key: string, source: Source, request: WriteRequest): Promise<StoredStat> {
    return super.doWrite(key, source, request).catch((error: unknown) => {
      throw StackError.is(error, 'ALREADY_EXISTS') ? this.refusal('PRECONDITION_FAILED') : error;
    });
  }
}

class IgnoresTheConditionsOfCopies extends MemoryArtifactStore {
  override async doCopy(from: string, to: string, request: CopyRequest): Promise<StoredStat> {
    return super.doCopy(from, to, { ...request, ifMatch: undefined });
  }
}

class ReadsAMissingObjectAsEmpty extends MemoryArtifactStore {
  override async doRead(key: string, request: ReadRequest): Promise<ObjectContent> {
    const stat = { size: 0, modifiedAt: new Date(), etag: '' };
    return super.doRead(key, request).catch(() => ({ stat, body: Buffer.alloc(0) }));
  }
}

class KnowsMissingObjects extends MemoryArtifactStore {
  override async doStat(key: string): Promise<StoredStat | undefined> {
    return (await super.doStat(key)) ?? { size: 0, modifiedAt: new Date(), etag: '' };
  }
}

class RefusesRangesPastTheEnd extends MemoryArtifactStore {
  override async doRead(key: string, request: ReadRequest): Promise<ObjectContent> {
    const size = (await this.doStat(key))?.size ?? Infinity;
    if (request.start > 0 && request.start >= size) throw this.refusal('ARGUMENT_INVALID', 'the range is past the end');
    return super.doRead(key, request);
  }
}

class GivesItsOwnBytes extends MemoryArtifactStore {
  readonly #bytes = new Map<string, Buffer>();
  override async doWrite(key: string, source: Source, request: WriteRequest): Promise<StoredStat> {
    const bytes = await bytesOf(source);
    this.#bytes.set(key, bytes);
    return super.doWrite(key, bytes, request);
  }
  override async doRead(key: string, request: ReadRequest): Promise<ObjectContent> {
    const { stat, body } = await super.doRead(key, request);
    const own = this.#bytes.get(key);
    return {
      stat,
      body: own === undefined || own.length !== stat.size ? body : own.subarray(request.start, request.end),
    };
  }
}

class KeepsTheBytesOfTheWriter extends MemoryArtifactStore {
  readonly #bytes = new Map<string, Uint8Array>();
  override async doWrite(key: string, source: Source, request: WriteRequest): Promise<StoredStat> {
    if (source instanceof Uint8Array) this.#bytes.set(key, source);
    else this.#bytes.delete(key);
    return super.doWrite(key, source, request);
  }
  override async doRead(key: string, request: ReadRequest): Promise<ObjectContent> {
    const { stat, body } = await super.doRead(key, request);
    const own = this.#bytes.get(key);
    return { stat, body: own === undefined ? body : Buffer.from(own.subarray(request.start, request.end)) };
  }
}

class SharesCopies extends MemoryArtifactStore {
  readonly #originals = new Map<string, string>();
  override async doCopy(from: string, to: string, request: CopyRequest): Promise<StoredStat> {
    this.#originals.set(to, from);
    return super.doCopy(from, to, request);
  }
  override async doWrite(key: string, source: Source, request: WriteRequest): Promise<StoredStat> {
    const bytes = await bytesOf(source);
    const original = this.#originals.get(key);
    if (original !== undefined) await super.doWrite(original, bytes, unconditional);
    return super.doWrite(key, bytes, request);
  }
}

class KeepsTheTimeOfTheFirstWrite extends MemoryArtifactStore {
  readonly #times = new Map<string, Date>();
  #timed(key: string, stat: StoredStat): StoredStat {
    const modifiedAt = this.#times.get(key) ?? stat.modifiedAt;
    this.#times.set(key, modifiedAt);
    return { ...stat, modifiedAt };
  }
  override async doWrite(key: string, source: Source, request: WriteRequest): Promise<StoredStat> {
    return this.#timed(key, await super.doWrite(key, source, request));
  }
  override async doStat(key: string): Promise<StoredStat | undefined> {
    const stat = await super.doStat(key);
    return stat && this.#timed(key, stat);
  }
}

class DoesNotVerifyReads extends MemoryArtifactStore {
  override read(path: string, { sha256: _, ...options }: ReadOptions = {}): Promise<Buffer> {
    return super.read(path, options);
  }
}

class DoesNotVerifyWrites extends MemoryArtifactStore {
  override write(path: string, source: WriteSource, { sha256: _, ...options }: WriteOptions = {}): Promise<ObjectStat> {
    return super.write(path, source, options);
  }
}

class GivesTheDigestOfOtherBytes extends MemoryArtifactStore {
  override async write(path: string, source: WriteSource, options: WriteOptions = {}): Promise<ObjectStat> {
    const stat = await super.write(path, source, options);
    return stat.sha256 === undefined ? stat : { ...stat, sha256: 'e3b0c442'.repeat(8) };
  }
}

class ListsByTheBeginningOfKeys extends MemoryArtifactStore {
  override async *doList(key: string, request: ListRequest): AsyncIterable<ListEntry> {
    for await (const entry of super.doList('', request)) {
      if (!entry.path.startsWith(key)) continue;
      yield entry.path.startsWith(`${key}/`) ? entry : { ...entry, path: `${key}/below` };
    }
  }
}

class RemovesByTheBeginningOfKeys extends MemoryArtifactStore {
  override async removeTree(path: string, options: OperationOptions = {}): Promise<void> {
    const key = path.replace(`${this.root}/`, '');
    const all = await paths(this.walk('', options));
    await this.removeMany(all.filter((each) => each.startsWith(key)));
  }
}

class RemovesBeforeItRenames extends MemoryArtifactStore {
  override async doRename(from: string, to: string, request: CopyRequest): Promise<StoredStat> {
    const { body } = await this.doRead(from, wholeObject);
    const bytes = await bytesOf(body);
    await this.doRemove([from]);
    return this.doWrite(to, bytes, { ...unconditional, ...request });
  }
}

class RenamesWithoutRemoving extends MemoryArtifactStore {
  override doRename(from: string, to: string, request: CopyRequest): Promise<StoredStat> {
    return this.doCopy(from, to, request);
  }
}

class RemovesWhatIsRenamedToItself extends MemoryArtifactStore {
  override async rename(from: string, to: string, options: CopyOptions = {}): Promise<ObjectStat> {
    const stat = await this.copy(from, to, options);
    await this.remove(from, options);
    return stat;
  }
}

class NeverRemoves extends MemoryArtifactStore {
  override async doRemove(): Promise<readonly RemovalFailure[]> {
    return [];
  }
}

class RemovesTheFirstOnly extends MemoryArtifactStore {
  override async doRemove(keys: readonly string[]): Promise<readonly RemovalFailure[]> {
    return super.doRemove(keys.slice(0, 1));
  }
}

class ReportsWhatIsGone extends MemoryArtifactStore {
  override async doRemove(keys: readonly string[]): Promise<readonly RemovalFailure[]> {
    const failures: RemovalFailure[] = [];
    for (const key of keys) {
      if ((await this.doStat(key)) === undefined) failures.push({ key, error: this.refusal('NOT_FOUND') });
    }
    await super.doRemove(keys);
    return failures;
  }
}

class KeepsEmptyDirectories extends MemoryArtifactStore {
  readonly #directories = new Set<string>();
  override async doWrite(key: string, source: Source, request: WriteRequest): Promise<StoredStat> {
    const slash = key.lastIndexOf('/');
    if (slash > 0) this.#directories.add(key.slice(0, slash));
    return super.doWrite(key, source, request);
  }
  override async isDirectory(path: string, options: OperationOptions = {}): Promise<boolean> {
    return this.#directories.has(path) || super.isDirectory(path, options);
  }
}

class TakesObjectsForDirectories extends MemoryArtifactStore {
  override async isDirectory(path: string, options: OperationOptions = {}): Promise<boolean> {
    return (await this.doStat(path)) !== undefined || super.isDirectory(path, options);
  }
}

class AllowsObjectsBelowObjects extends MemoryArtifactStore {
  override async doWrite(key: string, source: Source, request: WriteRequest): Promise<StoredStat> {
    const bytes = await bytesOf(source);
    return super.doWrite(key, bytes, request).catch(async (error: unknown) => {
      if (!StackError.is(error, 'PATH_CONFLICT')) throw error;
      return super
        .doWrite(key.replaceAll('/', '~'), bytes, request)
        .catch(() => super.doWrite('other', bytes, request));
    });
  }
}

class TakesTheBeginningForTheRoot extends MemoryArtifactStore {
  override normalizePath(path: string): string {
    return path.startsWith(this.root) ? path.slice(this.root.length).replace(/^[/-]*/, '') : path;
  }
}

class ResolvesDots extends MemoryArtifactStore {
  override normalizePath(path: string): string {
    const segments: string[] = [];
    for (const segment of super.normalizePath(path).replace(`${this.root}/`, '').split('/')) {
      if (segment === '..') segments.pop();
      else if (segment !== '.') segments.push(segment);
    }
    return segments.join('/');
  }
}

class ListsOnAfterAnAbort extends MemoryArtifactStore {
  override walk(path = ''): ReturnType<ArtifactStore['walk']> {
    return super.walk(path);
  }
}

class ReadsOnAfterAnAbort extends MemoryArtifactStore {
  override openRead(path: string, { signal: _, ...options }: ReadOptions = {}): Promise<Readable> {
    return super.openRead(path, options);
  }
}

class WorksOnUnderAnAbortedSignal extends MemoryArtifactStore {
  override copy(from: string, to: string, { signal: _, ...options }: CopyOptions = {}): Promise<ObjectStat> {
    return super.copy(from, to, options);
  }
}

class ThrowsErrorsOfItsOwn extends MemoryArtifactStore {
  override async doRead(key: string, request: ReadRequest): Promise<ObjectContent> {
    return super.doRead(key, request).catch(() => {
      throw new Error('ENOENT');
    });
  }
}

class NamesNoPathInErrors extends MemoryArtifactStore {
  override async stat(path: string, options: OperationOptions = {}): Promise<ObjectStat> {
    return super.stat(path, options).catch(() => {
      throw new StackError({ code: 'NOT_FOUND', message: 'Not found.' });
    });
  }
}

class CollectsObjects extends MemoryArtifactStore {
  override async *doCollectGarbage(): AsyncIterable<Garbage> {
    for await (const { path, modifiedAt } of this.walk()) {
      await this.doRemove([path]);
      yield { kind: 'staged-file', id: path, modifiedAt };
    }
  }
}

class CollectsWhatIsUnderWay extends MemoryArtifactStore {
  readonly #underWay = new Set<string>();
  override async doWrite(key: string, source: Source, request: WriteRequest): Promise<StoredStat> {
    this.#underWay.add(key);
    try {
      return await super.doWrite(key, source, request);
    } finally {
      this.#underWay.delete(key);
    }
  }
  override async *doCollectGarbage(): AsyncIterable<Garbage> {
    for (const path of this.#underWay) yield { kind: 'staged-file', id: path, path, modifiedAt: new Date() };
  }
}

class LeavesPartsBehind extends MemoryArtifactStore {
  readonly #parts: Garbage[] = [];
  override async doWrite(key: string, source: Source, request: WriteRequest): Promise<StoredStat> {
    const part = { kind: 'multipart-upload', id: `${this.#parts.length}`, path: key, modifiedAt: new Date(0) } as const;
    this.#parts.push(part);
    const stat = await super.doWrite(key, source, request);
    this.#parts.splice(this.#parts.indexOf(part), 1);
    return stat;
  }
  override async *doCollectGarbage(): AsyncIterable<Garbage> {
    yield* this.#parts.splice(0);
  }
}

const everything = new Map<string, Buffer>();

class SharesObjectsOfAllStores extends MemoryArtifactStore {
  override async doWrite(key: string, source: Source, request: WriteRequest): Promise<StoredStat> {
    const bytes = await bytesOf(source);
    everything.set(key, bytes);
    return super.doWrite(key, bytes, request);
  }
  override async doStat(key: string): Promise<StoredStat | undefined> {
    const bytes = everything.get(key);
    return (await super.doStat(key)) ?? (bytes && { size: bytes.length, modifiedAt: new Date(), etag: '0' });
  }
}

class SignsWithoutTheCapability extends MemoryArtifactStore {
  override async doSignUrl(key: string): Promise<SignedUrl> {
    return { url: `http://localhost/${key}`, headers: {}, expiresAt: new Date() };
  }
}

class UploadsWithoutLooking extends MemoryArtifactStore {
  override async uploadDirectory(folder: string, path: string): Promise<void> {
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      const file = join(entry.parentPath, entry.name);
      if (entry.isFile()) await this.write(`${path}/${file.slice(folder.length + 1)}`, await readFile(file));
    }
  }
}

class UploadsWithoutFolders extends MemoryArtifactStore {
  override async doWrite(key: string, source: Source, request: WriteRequest): Promise<StoredStat> {
    return super.doWrite(request.isPlaceFree ? key.replace(/\/.*\//, '/') : key, source, request);
  }
}

class CrossesSegmentsInGlobs extends MemoryArtifactStore {
  override glob(pattern: string, options: OperationOptions = {}): ReturnType<ArtifactStore['glob']> {
    return super.glob(pattern.replaceAll(/\*+/g, '**'), options);
  }
}

class TakesTheRootForAPattern extends MemoryArtifactStore {
  override glob(pattern: string, options: OperationOptions = {}): ReturnType<ArtifactStore['glob']> {
    return super.glob(pattern.replace(/^(?=\w+:\/|\/)/, '**'), options);
  }
}

class MovesOntoItselfWhateverIsAsked extends MemoryArtifactStore {
  override async rename(from: string, to: string, options: CopyOptions = {}): Promise<ObjectStat> {
    return from === to ? this.stat(from) : super.rename(from, to, options);
  }
}

class WritesTheFirstPieceOnly extends MemoryArtifactStore {
  override async doWrite(key: string, source: Source, request: WriteRequest): Promise<StoredStat> {
    const pieces: Buffer[] = [];
    for await (const piece of piecesOf(source)) pieces.push(piece);
    return super.doWrite(key, pieces[0] ?? Buffer.alloc(0), request);
  }
}

class WritesTheWholeBufferOfAPart extends MemoryArtifactStore {
  override async write(path: string, source: WriteSource, options: WriteOptions = {}): Promise<ObjectStat> {
    return super.write(path, source instanceof Uint8Array ? Buffer.from(source.buffer) : source, options);
  }
}

class ForgetsTheConditionsOfStreams extends MemoryArtifactStore {
  override openWrite(path: string): ReturnType<ArtifactStore['openWrite']> {
    return super.openWrite(path);
  }
}

class EndsReadersTogether extends MemoryArtifactStore {
  readonly #streams = new Set<Readable>();
  override async openRead(path: string, options: ReadOptions = {}): Promise<Readable> {
    const stream = await super.openRead(path, options);
    this.#streams.add(stream);
    stream.on('close', () => {
      if (!stream.readableEnded) for (const other of this.#streams) other.destroy(new Error('another reader left'));
    });
    return stream;
  }
}

class SwitchesVersionsWhileItReads extends MemoryArtifactStore {
  override async doRead(key: string, request: ReadRequest): Promise<ObjectContent> {
    const { stat } = await super.doRead(key, request);
    const readPiece = (start: number) => super.doRead(key, { ...request, start, end: start + 65_536 });
    const pieces = async function* () {
      for (let start = request.start; start < Math.min(request.end ?? stat.size, stat.size); start += 65_536) {
        yield await bytesOf((await readPiece(start)).body);
        await delay(0);
      }
    };
    const { Readable: Stream } = await import('node:stream');
    return { stat, body: Stream.from(pieces(), { objectMode: false }) };
  }
}

/** Right, unless many things happened before. */
class ForgetsEveryTenthWrite extends MemoryArtifactStore {
  #writes = 0;
  override async doWrite(key: string, source: Source, request: WriteRequest): Promise<StoredStat> {
    const stat = await super.doWrite(key, source, request);
    if (++this.#writes % 10 === 0) await super.doRemove([key]);
    return stat;
  }
}

/** Stores over that in memory, each with one fault. */
export const memoryMutants: readonly Mutant<MemoryStore>[] = [
  // Bytes.
  {
    fault: 'loses the tail',
    store: writing((bytes) => bytes.subarray(0, -1)),
    convictedBy: 'what is written is read back byte for byte',
  },
  {
    fault: 'takes bytes for text',
    store: writing((bytes) => Buffer.from(bytes.toString('utf8'))),
    convictedBy: 'what is written is read back byte for byte',
  },
  {
    fault: 'ends lines as another system does',
    store: writing((bytes) =>
      bytes.includes('\r\n') ? Buffer.from(bytes.toString().replaceAll('\r\n', '\n')) : bytes,
    ),
    convictedBy: 'text is kept as UTF-8',
  },
  {
    fault: 'takes an empty object for none',
    store: class extends MemoryArtifactStore {
      override async doStat(key: string): Promise<StoredStat | undefined> {
        return (await super.doStat(key))?.size ? super.doStat(key) : undefined;
      }
    },
    convictedBy: 'an empty object is an object',
  },
  {
    fault: 'writes the first piece of a stream only',
    store: WritesTheFirstPieceOnly,
    convictedBy: 'a stream of unknown length is written as one object',
  },
  {
    fault: 'drops what is beyond 8 MiB',
    store: writing((bytes) => bytes.subarray(0, 8 * 1024 * 1024)),
    convictedBy: 'objects of about 8 MiB keep every byte',
  },
  {
    fault: 'loses a byte where a chunk of 64 KiB ends',
    store: writing((bytes) =>
      bytes.length > 65_536 ? Buffer.concat([bytes.subarray(0, 65_535), bytes.subarray(65_536)]) : bytes,
    ),
    convictedBy: 'objects of about 64 KiB keep every byte',
  },
  {
    fault: 'writes the buffer around the bytes',
    store: WritesTheWholeBufferOfAPart,
    convictedBy: 'a part of a buffer is written without what is around it',
  },
  {
    fault: 'gives readers its own bytes to change',
    store: GivesItsOwnBytes,
    convictedBy: 'bytes that the writer or a reader changes later stay as they were written',
  },
  {
    fault: 'keeps the bytes of the writer, who changes them',
    store: KeepsTheBytesOfTheWriter,
    convictedBy: 'bytes that the writer or a reader changes later stay as they were written',
  },
  {
    fault: 'appends instead of replacing',
    store: class extends MemoryArtifactStore {
      override async doWrite(key: string, source: Source, request: WriteRequest): Promise<StoredStat> {
        const before = await this.doRead(key, wholeObject).then(
          ({ body }) => bytesOf(body),
          () => Buffer.alloc(0),
        );
        const bytes = await bytesOf(source);
        return super.doWrite(key, Buffer.concat([bytes, before.subarray(bytes.length)]), request);
      }
    },
    convictedBy: 'a write replaces the whole object',
  },
  {
    fault: 'ends all readers when one leaves',
    store: EndsReadersTogether,
    convictedBy: 'readers of one object at once do not disturb each other',
  },
  {
    fault: 'goes over to the new bytes while it reads',
    store: SwitchesVersionsWhileItReads,
    convictedBy: 'a reader gets one version as a whole when the object is replaced or removed meanwhile',
  },
  // What is known of an object.
  {
    fault: 'counts characters for bytes',
    store: class extends MemoryArtifactStore {
      override async size(path: string): Promise<number> {
        return (await this.readText(path)).length;
      }
    },
    convictedBy: 'text is kept as UTF-8',
  },
  {
    fault: 'tells a wrong size',
    store: knowing((stat) => ({ ...stat, size: stat.size + 1 })),
    convictedBy: 'stat gives the size and the time of the write',
  },
  {
    fault: 'tells a wrong time',
    store: knowing((stat) => ({ ...stat, modifiedAt: new Date(0) })),
    convictedBy: 'stat gives the size and the time of the write',
  },
  {
    fault: 'tells the time of the first write for ever',
    store: KeepsTheTimeOfTheFirstWrite,
    convictedBy: 'a later write has a later time',
  },
  {
    fault: 'takes the size for an etag',
    store: knowing((stat) => ({ ...stat, etag: String(stat.size) })),
    convictedBy: 'an etag changes whenever the bytes do',
  },
  {
    fault: 'tells another etag each time',
    store: knowing((stat) => ({ ...stat, etag: `${Math.random()}` })),
    convictedBy: 'a write gives the stat of the object',
  },
  // Ranges.
  {
    fault: 'begins a range one byte too early',
    store: reading((request) => ({ ...request, start: Math.max(request.start - 1, 0) })),
    convictedBy: 'a range holds its start and not its end',
  },
  {
    fault: 'begins a range one byte too late',
    store: reading((request) => ({ ...request, start: request.start > 0 ? request.start + 1 : 0 })),
    convictedBy: 'a range holds its start and not its end',
  },
  {
    fault: 'ends a range one byte too late',
    store: reading((request) => ({ ...request, end: request.end && request.end + 1 })),
    convictedBy: 'a range holds its start and not its end',
  },
  {
    fault: 'ends a range one byte too early',
    store: reading((request) => ({ ...request, end: request.end && request.end - 1 })),
    convictedBy: 'a range holds its start and not its end',
  },
  {
    fault: 'gives the whole object for a range',
    store: reading((request) => ({ ...request, start: 0, end: undefined })),
    convictedBy: 'a range holds its start and not its end',
  },
  {
    fault: 'refuses ranges past the end',
    store: RefusesRangesPastTheEnd,
    convictedBy: 'a range past the end stops at the end',
  },
  {
    fault: 'ignores ifMatch of reads',
    store: reading((request) => ({ ...request, ifMatch: undefined })),
    convictedBy: 'a read with ifMatch is PRECONDITION_FAILED for another object',
  },
  // Digests.
  {
    fault: 'keeps the digest of other bytes',
    store: knowing((stat) => ({ ...stat, sha256: '0'.repeat(64) })),
    convictedBy: 'a digest that the store knows is that of the bytes',
  },
  {
    fault: 'gives the digest of other bytes',
    store: GivesTheDigestOfOtherBytes,
    convictedBy: 'a write with digest gives the SHA-256 of its bytes',
  },
  {
    fault: 'does not verify the digest of what it reads',
    store: DoesNotVerifyReads,
    convictedBy: 'a read of other bytes than sha256 promises is INTEGRITY',
  },
  {
    fault: 'does not verify the digest of what it writes',
    store: DoesNotVerifyWrites,
    convictedBy: 'a write of other bytes than sha256 promises is INTEGRITY and leaves what was there',
  },
  // Atomicity and cancellation.
  {
    fault: 'shows an object before it is complete',
    store: WritesInPlace,
    convictedBy: 'an object is not seen before it is complete',
  },
  {
    fault: 'replaces an object piece by piece, so that readers see it torn',
    store: WritesInPlace,
    convictedBy: 'a reader during a write sees the old bytes or the new ones',
  },
  {
    fault: 'commits half of what failed',
    store: CommitsWhenTheSourceFails,
    convictedBy: 'a write whose source fails leaves what was there',
  },
  {
    fault: 'commits half of what failed where nothing was',
    store: CommitsWhenTheSourceFails,
    convictedBy: 'a write whose source fails leaves nothing where nothing was',
  },
  {
    fault: 'commits what was aborted',
    store: CommitsWhatWasAborted,
    convictedBy: 'an aborted write is ABORTED and leaves what was there',
  },
  {
    fault: 'mixes writers of one object',
    store: MixesWriters,
    convictedBy: 'of writers of one object at once one wins as a whole',
  },
  {
    fault: 'lists on after an abort',
    store: ListsOnAfterAnAbort,
    convictedBy: 'an abort ends a listing that has begun',
  },
  {
    fault: 'reads on after an abort',
    store: ReadsOnAfterAnAbort,
    convictedBy: 'an abort ends a read that has begun',
  },
  {
    fault: 'does what was aborted before it began',
    store: WorksOnUnderAnAbortedSignal,
    convictedBy: 'a signal that is aborted already is ABORTED and changes nothing',
  },
  // Conditions.
  {
    fault: 'ignores ifAbsent',
    store: IgnoresIfAbsent,
    convictedBy: 'ifAbsent is ALREADY_EXISTS where an object is, and keeps it',
  },
  {
    fault: 'checks ifAbsent before it waits for the bytes',
    store: ChecksIfAbsentBeforeItWaits,
    convictedBy: 'of writers with ifAbsent at once exactly one wins',
  },
  {
    fault: 'ignores ifMatch',
    store: IgnoresIfMatch,
    convictedBy: 'ifMatch is PRECONDITION_FAILED for an object that changed',
  },
  {
    fault: 'writes where ifMatch finds nothing',
    store: WritesWhereIfMatchFindsNothing,
    convictedBy: 'ifMatch is PRECONDITION_FAILED where nothing is',
  },
  {
    fault: 'checks ifMatch before it waits for the bytes',
    store: ChecksIfMatchBeforeItWaits,
    convictedBy: 'of writers with one etag at once exactly one wins',
  },
  {
    fault: 'loses increments under ifMatch',
    store: ChecksIfMatchBeforeItWaits,
    convictedBy: 'a counter that many change under ifMatch loses no increment',
  },
  {
    fault: 'forgets the conditions of openWrite',
    store: ForgetsTheConditionsOfStreams,
    convictedBy: 'openWrite keeps the conditions of a write',
  },
  {
    fault: 'ignores the conditions of copies',
    store: IgnoresTheConditionsOfCopies,
    convictedBy: 'a copy with ifMatch is PRECONDITION_FAILED for another object, and keeps both',
  },
  {
    fault: 'checks ifAbsent of a copy before it waits',
    store: ChecksCopiesBeforeItWaits,
    convictedBy: 'of copies with ifAbsent at once exactly one wins',
  },
  {
    fault: 'has a wrong code for what is there already',
    store: CallsEveryRefusalAFailedPrecondition,
    convictedBy: 'ifAbsent is ALREADY_EXISTS where an object is, and keeps it',
  },
  // Absence and removal.
  {
    fault: 'reads a missing object as empty',
    store: ReadsAMissingObjectAsEmpty,
    convictedBy: 'a missing object is NOT_FOUND',
  },
  { fault: 'knows objects that are missing', store: KnowsMissingObjects, convictedBy: 'a missing object is NOT_FOUND' },
  {
    fault: 'says of everything that it exists',
    store: class extends MemoryArtifactStore {
      override async exists(): Promise<boolean> {
        return true;
      }
    },
    convictedBy: 'exists tells objects and directories from nothing',
  },
  { fault: 'never removes', store: NeverRemoves, convictedBy: 'remove takes one object away' },
  {
    fault: 'removes the first of many only',
    store: RemovesTheFirstOnly,
    convictedBy: 'removeMany removes many objects and nothing else',
  },
  {
    fault: 'reports what is gone already',
    store: ReportsWhatIsGone,
    convictedBy: 'removeMany of what is not there is no error',
  },
  {
    fault: 'removes what begins like a directory',
    store: RemovesByTheBeginningOfKeys,
    convictedBy: 'removeTree removes what is below a directory and nothing else',
  },
  // Directories and listings.
  {
    fault: 'keeps directories that are empty',
    store: KeepsEmptyDirectories,
    convictedBy: 'a directory exists while something is below it',
  },
  {
    fault: 'takes objects for directories',
    store: TakesObjectsForDirectories,
    convictedBy: 'an object is no directory',
  },
  {
    fault: 'takes the beginning of a key for a directory',
    store: ListsByTheBeginningOfKeys,
    convictedBy: 'the beginning of a key is no key and no directory',
  },
  {
    fault: 'writes an object below an object',
    store: AllowsObjectsBelowObjects,
    convictedBy: 'a write below an object is PATH_CONFLICT',
  },
  {
    fault: 'writes an object over a directory',
    store: AllowsObjectsBelowObjects,
    convictedBy: 'a write to a directory is PATH_CONFLICT',
  },
  {
    fault: 'lists a thousand objects',
    store: listing((entries) => entries.slice(0, 1000)),
    convictedBy: 'a listing of more than 1,000 objects is complete and in order',
  },
  {
    fault: 'lists a page twice',
    store: listing((entries) => (entries.length > 1000 ? [...entries.slice(0, 1000), ...entries.slice(999)] : entries)),
    convictedBy: 'a listing of more than 1,000 objects is complete and in order',
  },
  {
    fault: 'lists by UTF-16',
    store: listing((entries) => entries.sort((a, b) => (a.path < b.path ? -1 : 1))),
    convictedBy: 'listings are in the order of the UTF-8 bytes of the keys',
  },
  {
    fault: 'lists in the order of some language',
    store: listing((entries) => entries.sort((a, b) => a.path.localeCompare(b.path))),
    convictedBy: 'listings are in the order of the UTF-8 bytes of the keys',
  },
  {
    fault: 'lists directories as objects',
    store: listing((entries) => entries.map((entry) => ({ size: 0, modifiedAt: new Date(), ...entry, type: 'file' }))),
    convictedBy: 'list gives what lies directly in a directory',
  },
  {
    fault: 'lists a directory for each object in it',
    store: listing((entries) =>
      entries.flatMap((entry): ListEntry[] => (entry.type === 'directory' ? [entry, entry] : [entry])),
    ),
    convictedBy: 'a directory is listed once, however much is below it',
  },
  {
    fault: 'walks one level only',
    store: listing((entries, { recursive }) => entries.filter(({ path }) => !recursive || path.split('/').length < 3)),
    convictedBy: 'walk gives every object below a directory',
  },
  {
    fault: 'lists wrong sizes',
    store: listing((entries) => entries.map((entry) => (entry.type === 'file' ? { ...entry, size: 0 } : entry))),
    convictedBy: 'listings give the size and the time of each object',
  },
  // Copies and moves.
  {
    fault: 'removes before it renames, and then is refused',
    store: RemovesBeforeItRenames,
    convictedBy: 'a rename that is refused keeps both objects',
  },
  { fault: 'renames without removing', store: RenamesWithoutRemoving, convictedBy: 'rename moves an object' },
  {
    fault: 'asks for no condition where an object is moved onto itself',
    store: MovesOntoItselfWhateverIsAsked,
    convictedBy: 'a copy or rename of an object onto itself is bound to its conditions',
  },
  {
    fault: 'removes what is renamed to itself',
    store: RemovesWhatIsRenamedToItself,
    convictedBy: 'rename of an object to its own path keeps it',
  },
  {
    fault: 'shares bytes between copies',
    store: SharesCopies,
    convictedBy: 'a write to a copy leaves the original as it was',
  },
  // Paths.
  {
    fault: 'takes what begins like its root for its own',
    store: TakesTheBeginningForTheRoot,
    convictedBy: 'a path of another root is PATH_OUTSIDE_STORE',
  },
  { fault: 'resolves dots in paths', store: ResolvesDots, convictedBy: 'a path with .. is PATH_INVALID' },
  {
    fault: 'crosses segments in globs',
    store: CrossesSegmentsInGlobs,
    convictedBy: '* and ? of a glob stay within a segment',
  },
  {
    fault: 'finds nothing by a glob that has the root before it',
    store: TakesTheRootForAPattern,
    convictedBy: 'a glob may have the root before it, and none of another root',
  },
  {
    fault: 'uploads a folder without those in it',
    store: UploadsWithoutFolders,
    convictedBy: 'a folder that is uploaded is downloaded as it was',
  },
  {
    fault: 'uploads what it can of a folder',
    store: UploadsWithoutLooking,
    convictedBy: 'a folder is not uploaded at all where objects are in the way of its files',
  },
  // Errors, garbage, capabilities, other stores.
  {
    fault: 'throws errors of its own',
    store: ThrowsErrorsOfItsOwn,
    convictedBy: 'an error is a StackError of a known code, without secrets',
  },
  {
    fault: 'names no path in errors',
    store: NamesNoPathInErrors,
    convictedBy: 'an error names the operation, the component and the path',
  },
  { fault: 'takes objects for garbage', store: CollectsObjects, convictedBy: 'collectGarbage leaves objects alone' },
  {
    fault: 'takes what is under way for garbage',
    store: CollectsWhatIsUnderWay,
    convictedBy: 'collectGarbage leaves a write that is under way alone',
  },
  {
    fault: 'leaves parts behind',
    store: LeavesPartsBehind,
    convictedBy: 'collectGarbage finds nothing after writes that ended, failed or were aborted',
  },
  {
    fault: 'has objects in common with other stores',
    store: SharesObjectsOfAllStores,
    convictedBy: 'two stores side by side do not see each other',
  },
  {
    fault: 'signs URLs without the capability',
    store: SignsWithoutTheCapability,
    convictedBy: 'signedUrl is CAPABILITY_UNSUPPORTED unless the capability is declared',
  },
  {
    fault: 'forgets what it wrote, once in a while',
    store: ForgetsEveryTenthWrite,
    convictedBy: 'a random program of operations does to a store what it does to a map',
  },
];
