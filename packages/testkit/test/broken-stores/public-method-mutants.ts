import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type ArtifactStore,
  type CopyRequest,
  type DirectoryOptions,
  type ListEntry,
  type ListRequest,
  type ObjectContent,
  type ObjectStat,
  type OperationOptions,
  type ReadOptions,
  type ReadRequest,
  StackError,
  type StoredStat,
  type WriteOptions,
  type WriteSource,
} from '@stack/core';
import { paths } from '../../src/artifact-store/cases/listing.ts';
import MemoryArtifactStore from '../../src/memory-artifact-store/implementation.ts';
import { bytesOf, type Mutant, unconditional, wholeObject } from './mutant.ts';

/** Gathers what goes into a stream, and writes some of it at its end, or when it is destroyed. */
class GathersWhatGoesIntoAStream extends MemoryArtifactStore {
  protected atEnd(pieces: readonly Buffer[]): readonly Buffer[] {
    return pieces;
  }
  protected whenDestroyed(_pieces: readonly Buffer[]): readonly Buffer[] | undefined {
    return undefined;
  }
  override async openWrite(path: string, options: WriteOptions = {}): Promise<Writable> {
    const pieces: Buffer[] = [];
    const write = (some: readonly Buffer[]) => this.write(path, Buffer.concat(some), options);
    return new Writable({
      write: (piece: Buffer, _encoding, done) => {
        pieces.push(piece);
        done();
      },
      final: (done) => void write(this.atEnd(pieces)).then(() => done(), done),
      destroy: (error, done) => {
        const left = error === null ? undefined : this.whenDestroyed(pieces);
        if (left === undefined) done(error);
        else void write(left).finally(() => done(error));
      },
    });
  }
}

class LosesTheLastPieceOfAStream extends GathersWhatGoesIntoAStream {
  protected override atEnd(pieces: readonly Buffer[]): readonly Buffer[] {
    return pieces.slice(0, -1);
  }
}

class KeepsWhatCameBeforeAStreamWasDestroyed extends GathersWhatGoesIntoAStream {
  protected override whenDestroyed(pieces: readonly Buffer[]): readonly Buffer[] {
    return pieces;
  }
}

class TakesAnyNumbersForARange extends MemoryArtifactStore {
  override async read(path: string, { start = 0, end, ...options }: ReadOptions = {}): Promise<Buffer> {
    const range = { start: Math.max(0, Math.floor(start)), ...(end !== undefined && end >= start && { end }) };
    return super.read(path, { ...options, ...range });
  }
}

class HasNoBytesBehindTheEndOfNothing extends MemoryArtifactStore {
  override async doRead(key: string, request: ReadRequest): Promise<ObjectContent> {
    if (request.start === 0 || (await this.doStat(key)) !== undefined) return super.doRead(key, request);
    return { stat: { size: 0, etag: '', modifiedAt: new Date() }, body: Buffer.alloc(0) };
  }
}

class LosesAByteBetweenItsPages extends MemoryArtifactStore {
  override async doRead(key: string, request: ReadRequest): Promise<ObjectContent> {
    const { stat, body } = await super.doRead(key, request);
    const bytes = await bytesOf(body);
    return { stat, body: request.start > 0 && request.start % 65_536 === 0 ? bytes.fill(0, 0, 1) : bytes };
  }
}

class TakesAnyTextForADigest extends MemoryArtifactStore {
  override async read(path: string, { sha256, ...options }: ReadOptions = {}): Promise<Buffer> {
    return super.read(path, sha256?.length === 64 ? { ...options, sha256: sha256.toLowerCase() } : options);
  }
}

class HidesWhyASourceFailed extends MemoryArtifactStore {
  override async write(path: string, source: WriteSource, options: WriteOptions = {}): Promise<ObjectStat> {
    return super.write(path, source, options).catch((error: unknown) => {
      throw StackError.is(error) ? error : new Error('the write failed');
    });
  }
}

class WaitsForWhatNeverComes extends MemoryArtifactStore {
  override async write(path: string, source: WriteSource, options: WriteOptions = {}): Promise<ObjectStat> {
    const { signal, ...others } = options;
    if (signal === undefined) return super.write(path, source, options);
    const tooLate = delay(200).then(() => {
      throw new StackError({ code: 'TIMEOUT', message: 'nothing came' });
    });
    return Promise.race([super.write(path, source, others), tooLate]);
  }
}

class RemembersWhatWasRemoved extends MemoryArtifactStore {
  readonly #written = new Set<string>();
  override async write(path: string, source: WriteSource, options: WriteOptions = {}): Promise<ObjectStat> {
    if (options.ifAbsent && this.#written.has(path)) throw this.refusal('ALREADY_EXISTS');
    this.#written.add(path);
    return super.write(path, source, options);
  }
}

class MissesWhatIsNotThereToBeRemoved extends MemoryArtifactStore {
  override async removeTree(path: string, options: OperationOptions = {}): Promise<void> {
    if ((await paths(this.walk(path))).length === 0) throw this.refusal('NOT_FOUND');
    await super.removeTree(path, options);
  }
}

class HasNoRootBeforeItsFirstObject extends MemoryArtifactStore {
  override async isDirectory(path: string): Promise<boolean> {
    return (await paths(this.walk(path))).length > 0;
  }
}

class IsBusyAfterAListingThatWasLeft extends MemoryArtifactStore {
  #isBusy = false;
  override async *doList(key: string, request: ListRequest): AsyncIterable<ListEntry> {
    if (this.#isBusy) throw this.refusal('UNAVAILABLE', 'a listing is under way');
    this.#isBusy = true;
    yield* super.doList(key, request);
    this.#isBusy = false;
  }
}

class TakesEveryColonForAScheme extends MemoryArtifactStore {
  override normalizePath(path: string): string {
    if (/^\w+:/.test(path) && !path.startsWith(this.root)) throw this.refusal('PATH_OUTSIDE_STORE');
    return path;
  }
}

class TakesTwoStarsForOne extends MemoryArtifactStore {
  override glob(pattern: string, options: OperationOptions = {}): ReturnType<ArtifactStore['glob']> {
    return super.glob(pattern.replaceAll('**', '*'), options);
  }
}

class CopiesTheBeginningOfLargeObjects extends MemoryArtifactStore {
  override async doCopy(from: string, to: string, request: CopyRequest): Promise<StoredStat> {
    const { stat, body } = await this.doRead(from, wholeObject);
    if (stat.size < 8 * 1024 * 1024) return super.doCopy(from, to, request);
    return this.doWrite(to, (await bytesOf(body)).subarray(0, 8 * 1024 * 1024), { ...unconditional, ...request });
  }
}

class LeavesAFileInFoldersOfDownloads extends MemoryArtifactStore {
  override async downloadDirectory(path: string, folder: string, options: DirectoryOptions = {}): Promise<void> {
    await super.downloadDirectory(path, folder, options);
    await writeFile(join(folder, '.partial'), '');
  }
}

class EmptiesADirectoryBeforeAnUpload extends MemoryArtifactStore {
  override async uploadDirectory(folder: string, path: string, options: DirectoryOptions = {}): Promise<void> {
    await this.removeTree(path);
    await super.uploadDirectory(folder, path, options);
  }
}

/** Stores in memory whose public methods do not all keep the contract. */
export const publicMethodMutants: readonly Mutant<typeof MemoryArtifactStore>[] = [
  {
    fault: 'loses the last piece of a stream',
    store: LosesTheLastPieceOfAStream,
    convictedBy: 'openWrite makes an object of what goes into the stream',
  },
  {
    fault: 'keeps what came before a stream was destroyed',
    store: KeepsWhatCameBeforeAStreamWasDestroyed,
    convictedBy: 'a destroyed stream leaves what was there',
  },
  {
    fault: 'takes any numbers for a range',
    store: TakesAnyNumbersForARange,
    convictedBy: 'a range that is none is ARGUMENT_INVALID',
  },
  {
    fault: 'has no bytes behind the end of nothing',
    store: HasNoBytesBehindTheEndOfNothing,
    convictedBy: 'a range of a missing object is NOT_FOUND',
  },
  {
    fault: 'loses a byte between its pages',
    store: LosesAByteBetweenItsPages,
    convictedBy: 'ranges that meet make the object',
  },
  {
    fault: 'takes any text for a digest',
    store: TakesAnyTextForADigest,
    convictedBy: 'a sha256 that is none, or of a part, is ARGUMENT_INVALID',
  },
  {
    fault: 'hides why a source failed',
    store: HidesWhyASourceFailed,
    convictedBy: 'a write whose source fails rejects with the error of the source',
  },
  {
    fault: 'waits for what never comes',
    store: WaitsForWhatNeverComes,
    convictedBy: 'an aborted write whose source never goes on is ABORTED all the same',
  },
  {
    fault: 'remembers what was removed',
    store: RemembersWhatWasRemoved,
    convictedBy: 'ifAbsent writes again where an object was removed',
  },
  {
    fault: 'misses what is not there to be removed',
    store: MissesWhatIsNotThereToBeRemoved,
    convictedBy: 'removeTree of nothing is no error',
  },
  {
    fault: 'has no root before its first object',
    store: HasNoRootBeforeItsFirstObject,
    convictedBy: 'the root is a directory, also when it is empty',
  },
  {
    fault: 'is busy after a listing that was left',
    store: IsBusyAfterAListingThatWasLeft,
    convictedBy: 'a listing may be left before its end',
  },
  {
    fault: 'takes every colon for a scheme',
    store: TakesEveryColonForAScheme,
    convictedBy: 'a path relative to the root may look like a URI of its own',
  },
  { fault: 'takes two stars for one', store: TakesTwoStarsForOne, convictedBy: '** of a glob crosses segments' },
  {
    fault: 'copies the beginning of large objects',
    store: CopiesTheBeginningOfLargeObjects,
    convictedBy: 'a large object is copied and renamed byte for byte',
  },
  {
    fault: 'leaves a file in folders of downloads',
    store: LeavesAFileInFoldersOfDownloads,
    convictedBy: 'a download replaces files, and leaves no others',
  },
  {
    fault: 'empties a directory before an upload',
    store: EmptiesADirectoryBeforeAnUpload,
    convictedBy: 'an upload replaces objects, and leaves others',
  },
];
