import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type ComponentContext,
  type CopyRequest,
  type DirectoryOptions,
  type ErrorCode,
  type Garbage,
  type ListEntry,
  type ListRequest,
  type ObjectContent,
  type ObjectStat,
  type ReadOptions,
  type ReadRequest,
  type RemovalFailure,
  StackError,
  type StoredStat,
  type StoreRequest,
  type WriteOptions,
  type WriteRequest,
  type WriteSource,
} from '@stack/core';
import { collect } from '../../src/artifact-store/cases/listing.ts';
import type { RemoteArtifactStoreConfig } from '../remote-store/config.ts';
import RemoteArtifactStore, { type RemoteCall, RemoteError } from '../remote-store/remote-artifact-store.ts';
import { bytesOf, type Mutant, piecesOf, type Source, unconditional, wholeObject } from './mutant.ts';

type RemoteStore = typeof RemoteArtifactStore;

/** Gives other codes to errors. */
function mapping(map: (error: Error & { readonly code?: unknown }) => ErrorCode | undefined): RemoteStore {
  return class extends RemoteArtifactStore {
    override mapError(error: unknown): ErrorCode | undefined {
      return map(error as Error) ?? super.mapError(error);
    }
  };
}

function isOfNetwork(error: unknown): boolean {
  return !(error instanceof RemoteError) && !StackError.is(error);
}

class SeesItsOwnObjectsAlone extends RemoteArtifactStore {
  readonly #own: string[] = [];
  override async doWrite(key: string, source: Source, request: WriteRequest): Promise<StoredStat> {
    const bytes = await bytesOf(source);
    const isInTheWay = (own: string) => own.startsWith(`${key}/`) || key.startsWith(`${own}/`);
    try {
      const stat = await super.doWrite(key, bytes, request);
      this.#own.push(key);
      return stat;
    } catch (error) {
      if (this.mapError(error) !== 'PATH_CONFLICT' || this.#own.some(isInTheWay)) throw error;
      return super.doWrite(key.replaceAll('/', '~'), bytes, request);
    }
  }
}

class RemovesWhatIsInTheWay extends RemoteArtifactStore {
  override async doWrite(key: string, source: Source, request: WriteRequest): Promise<StoredStat> {
    const bytes = await bytesOf(source);
    try {
      return await super.doWrite(key, bytes, request);
    } catch (error) {
      if (this.mapError(error) !== 'PATH_CONFLICT') throw error;
      const above = [...key.matchAll(/\//g)].map(({ index }) => key.slice(0, index));
      const below = (await collect(this.walk(key))).map(({ path }) => path);
      await this.doRemove([...above, ...below], request);
      return super.doWrite(key, bytes, request);
    }
  }
}

class TakesALostWriteForDone extends RemoteArtifactStore {
  override async doWrite(key: string, source: Source, request: WriteRequest): Promise<StoredStat> {
    try {
      return await super.doWrite(key, source, request);
    } catch (error) {
      if (!isOfNetwork(error)) throw error;
      return { size: 0, modifiedAt: new Date(), etag: 'lost' };
    }
  }
}

class CachesObjects extends RemoteArtifactStore {
  readonly #known = new Map<string, Promise<{ readonly stat: ObjectStat; readonly bytes: Buffer }>>();
  override async doRead(key: string, request: ReadRequest): Promise<ObjectContent> {
    const known =
      this.#known.get(key) ??
      super.doRead(key, request).then(async ({ stat, body }) => ({ stat, bytes: await bytesOf(body) }));
    this.#known.set(key, known);
    const { stat, bytes } = await known;
    return { stat, body: Buffer.from(bytes) };
  }
}

class CachesListings extends RemoteArtifactStore {
  readonly #known = new Map<string, Promise<ListEntry[]>>();
  override async *doList(key: string, request: ListRequest): AsyncIterable<ListEntry> {
    const name = `${key} ${request.recursive}`;
    const known = this.#known.get(name) ?? collect(super.doList(key, request));
    this.#known.set(name, known);
    yield* await known;
  }
}

class RemovesEverythingWhenItIsDisposed extends RemoteArtifactStore {
  override async [Symbol.asyncDispose](): Promise<void> {
    await this.removeTree('').catch(() => {});
    await super[Symbol.asyncDispose]();
  }
}

const disposed = new Set<string>();

class SharesItsClient extends RemoteArtifactStore {
  override async call(call: RemoteCall): Promise<IncomingMessage> {
    if (disposed.has(this.root)) throw new Error('the client is closed');
    return super.call(call);
  }
  override async [Symbol.asyncDispose](): Promise<void> {
    disposed.add(this.root);
    await super[Symbol.asyncDispose]();
  }
}

class ChecksConditionsItself extends RemoteArtifactStore {
  override async doWrite(key: string, source: Source, request: WriteRequest): Promise<StoredStat> {
    const bytes = await bytesOf(source);
    const present = await this.doStat(key, request);
    if (request.ifAbsent && present !== undefined) throw this.refusal('ALREADY_EXISTS');
    if (request.ifMatch !== undefined && present?.etag !== request.ifMatch) throw this.refusal('PRECONDITION_FAILED');
    await delay(5);
    return super.doWrite(key, bytes, { ...request, ifAbsent: false, ifMatch: undefined });
  }
}

class WritesInPlace extends RemoteArtifactStore {
  override async doWrite(key: string, source: Source, request: WriteRequest): Promise<StoredStat> {
    let written = Buffer.alloc(0);
    for await (const piece of piecesOf(source)) {
      for (let start = 0; start < piece.length; start += 50_000) {
        written = Buffer.concat([written, piece.subarray(start, start + 50_000)]);
        await super.doWrite(key, written, unconditional);
      }
    }
    return super.doWrite(key, written, { ...request, ifAbsent: false, ifMatch: undefined });
  }
}

class TellsBeforeItHasWritten extends RemoteArtifactStore {
  #last: Promise<unknown> | undefined;
  override async doWrite(key: string, source: Source, request: WriteRequest): Promise<StoredStat> {
    const bytes = await bytesOf(source);
    await this.#last;
    this.#last = delay(25).then(() => super.doWrite(key, bytes, request));
    return { size: bytes.length, modifiedAt: new Date(), etag: '' };
  }
}

class RemovesBeforeItRenames extends RemoteArtifactStore {
  override async doRename(from: string, to: string, request: CopyRequest): Promise<StoredStat> {
    const bytes = await bytesOf((await this.doRead(from, wholeObject)).body);
    await this.doRemove([from], request);
    await delay(20);
    return this.doWrite(to, bytes, { ...unconditional, ...request });
  }
}

class StagesAmongTheObjects extends RemoteArtifactStore {
  override async doWrite(key: string, source: Source, request: WriteRequest): Promise<StoredStat> {
    if (source instanceof Uint8Array) return super.doWrite(key, source, request);
    const staged = `staged-${process.pid}`;
    let written = Buffer.alloc(0);
    for await (const piece of source as AsyncIterable<Buffer>) {
      written = Buffer.concat([written, piece]);
      await super.doWrite(staged, piece, unconditional);
    }
    await super.doRemove([staged], request);
    return super.doWrite(key, written, request);
  }
}

class LocksForEver extends RemoteArtifactStore {
  override async doWrite(key: string, source: Source, request: WriteRequest): Promise<StoredStat> {
    const lock = `${key}.lock`;
    await super.doWrite(lock, Buffer.from('locked'), { ...unconditional, ifAbsent: true });
    try {
      return await super.doWrite(key, source, request);
    } finally {
      await super.doRemove([lock], request);
    }
  }
}

class TrustsItsClock extends RemoteArtifactStore {
  override async call(call: RemoteCall): Promise<IncomingMessage> {
    const response = await super.call(call);
    const skew = Math.abs(Date.parse(response.headers.date ?? '') - Date.now());
    if (skew > 300_000) throw new RemoteError('forbidden');
    return response;
  }
}

class EndsReadsEarly extends RemoteArtifactStore {
  override async doRead(key: string, request: ReadRequest): Promise<ObjectContent> {
    const { stat, body } = await super.doRead(key, request);
    const pieces: Buffer[] = [];
    try {
      for await (const piece of body as Readable) pieces.push(piece);
    } catch {
      // What came is taken for all there is.
    }
    const bytes = Buffer.concat(pieces);
    return { stat: { ...stat, size: request.start + bytes.length }, body: bytes };
  }
}

class GoesOnFromTheStart extends RemoteArtifactStore {
  override async doRead(key: string, request: ReadRequest): Promise<ObjectContent> {
    return super.doRead(key, { ...request, start: request.ifMatch === undefined ? request.start : 0 });
  }
}

class GoesOnWithAnotherObject extends RemoteArtifactStore {
  override async doRead(key: string, request: ReadRequest): Promise<ObjectContent> {
    const { stat, body } = await super.doRead(key, { ...request, ifMatch: undefined });
    return { stat: { ...stat, etag: request.ifMatch ?? stat.etag }, body };
  }
}

class TakesItselfForAnother extends RemoteArtifactStore {
  override async doWrite(key: string, source: Source, request: WriteRequest): Promise<StoredStat> {
    const bytes = await bytesOf(source);
    for (let attempt = 1; ; attempt++) {
      try {
        return await super.doWrite(key, bytes, request);
      } catch (error) {
        if (attempt === 3 || !isOfNetwork(error)) throw error;
      }
    }
  }
  override async doCopy(from: string, to: string, request: CopyRequest): Promise<StoredStat> {
    return super.doCopy(from, to, request).catch((error: unknown) => {
      if (!isOfNetwork(error)) throw error;
      return super.doCopy(from, to, request);
    });
  }
}

class OpensAFunctionOnce extends RemoteArtifactStore {
  override async write(path: string, source: WriteSource, options: WriteOptions = {}): Promise<ObjectStat> {
    return super.write(path, typeof source === 'function' ? source() : source, options);
  }
}

class EndsListingsEarly extends RemoteArtifactStore {
  override async *doList(key: string, request: ListRequest): AsyncIterable<ListEntry> {
    try {
      yield* super.doList(key, request);
    } catch (error) {
      if (request.signal?.aborted || error instanceof RemoteError) throw error;
    }
  }
}

class SaysThatItRemoved extends RemoteArtifactStore {
  override async doRemove(keys: readonly string[], request: StoreRequest): Promise<readonly RemovalFailure[]> {
    const [first, ...others] = keys;
    if (first !== undefined) await super.doRemove([first], request).catch(() => {});
    return super.doRemove(others, request).catch(() => []);
  }
}

class DoesNotLookAtTheSignal extends RemoteArtifactStore {
  override async call({ signal: _, ...call }: RemoteCall): Promise<IncomingMessage> {
    return super.call(call);
  }
}

class WaitsForEver extends RemoteArtifactStore {
  override async call(call: RemoteCall): Promise<IncomingMessage> {
    return super.call({ ...call, timeout: 0 });
  }
}

class DownloadsInPlace extends RemoteArtifactStore {
  override async downloadDirectory(path: string, folder: string, options: DirectoryOptions = {}): Promise<void> {
    for await (const entry of this.walk(path, options)) {
      const file = join(folder, entry.path.slice(path.length));
      await mkdir(dirname(file), { recursive: true });
      await pipeline(await this.openRead(entry.path, options), createWriteStream(file));
    }
  }
}

/** What a `StackError` is made of has no secret any more; this is what is done to one afterwards. */
class ShowsItsToken extends RemoteArtifactStore {
  override async read(path: string, options: ReadOptions = {}): Promise<Buffer> {
    return super.read(path, options).catch((error: Error) => {
      throw Object.assign(error, { message: `${error.message} ?token=${this.token}` });
    });
  }
}

class KeepsTheRequestInErrors extends RemoteArtifactStore {
  override async read(path: string, options: ReadOptions = {}): Promise<Buffer> {
    return super.read(path, options).catch((error: Error) => {
      throw Object.assign(error, { request: { headers: { authorization: this.token } } });
    });
  }
}

let lastToken = '';

class SharesCredentials extends RemoteArtifactStore {
  constructor(context: ComponentContext<RemoteArtifactStoreConfig>) {
    super(context);
    lastToken = context.config.token.reveal();
  }
  override get token(): string {
    return lastToken;
  }
}

class TakesARefusalForAbsence extends RemoteArtifactStore {
  override async doStat(key: string, request: StoreRequest): Promise<StoredStat | undefined> {
    return super.doStat(key, request).catch((error: unknown) => {
      if (error instanceof RemoteError) return undefined;
      throw error;
    });
  }
}

class TakesAMissingRootForAnEmptyOne extends RemoteArtifactStore {
  override async *doList(key: string, request: ListRequest): AsyncIterable<ListEntry> {
    try {
      yield* super.doList(key, request);
    } catch (error) {
      if (!StackError.is(error, 'ROOT_NOT_FOUND')) throw error;
    }
  }
}

class ForgetsUploads extends RemoteArtifactStore {
  override async callForJson(call: RemoteCall): Promise<unknown> {
    return call.query?.do === 'abort-upload' ? {} : super.callForJson(call);
  }
}

class CollectsWhatIsYoung extends RemoteArtifactStore {
  override doCollectGarbage(request: Parameters<RemoteArtifactStore['doCollectGarbage']>[0]): AsyncIterable<Garbage> {
    return super.doCollectGarbage({ ...request, before: new Date(Date.now() + 60_000) });
  }
}

/** Stores on a server, each of which goes wrong with it. */
export const remoteMutants: readonly Mutant<RemoteStore>[] = [
  // Several components.
  {
    fault: 'reads what it has read before',
    store: CachesObjects,
    convictedBy: 'what one component writes another one reads at once',
  },
  {
    fault: 'lists what it has listed before',
    store: CachesListings,
    convictedBy: 'what one component removes or renames is gone for another one at once',
  },
  {
    fault: 'removes everything when it is disposed',
    store: RemovesEverythingWhenItIsDisposed,
    convictedBy: 'objects outlive the component that wrote them',
  },
  {
    fault: 'closes the client of others when it is disposed',
    store: SharesItsClient,
    convictedBy: 'a component that is disposed disturbs no other one of its root',
  },
  {
    fault: 'checks ifAbsent itself',
    store: ChecksConditionsItself,
    convictedBy: 'of writers with ifAbsent in two components exactly one wins',
  },
  {
    fault: 'checks ifMatch itself',
    store: ChecksConditionsItself,
    convictedBy: 'a counter that two components change under ifMatch loses no increment',
  },
  {
    fault: 'shows others an object before it is complete',
    store: WritesInPlace,
    convictedBy: 'a reader in another component sees the old bytes or the new ones',
  },
  {
    fault: 'leaves uploads behind',
    store: ForgetsUploads,
    convictedBy: 'a large write that is refused by its condition leaves nothing behind',
  },
  {
    fault: 'never sees what others put in its way',
    store: SeesItsOwnObjectsAlone,
    convictedBy: 'what another component wrote two seconds ago is in the way',
  },
  {
    fault: 'removes what others put in its way',
    store: RemovesWhatIsInTheWay,
    convictedBy: 'two components in the way of each other at once lose no object',
  },
  // Broken connections.
  {
    fault: 'does not try again',
    store: mapping((error) => (error.code === 'ECONNRESET' ? 'INTERNAL' : undefined)),
    convictedBy: 'a connection that breaks once is no failure',
  },
  {
    fault: 'goes on from the start of the object',
    store: GoesOnFromTheStart,
    convictedBy: 'a read whose connection breaks again and again goes on where it broke',
  },
  {
    fault: 'takes what came for all there is',
    store: EndsReadsEarly,
    convictedBy: 'a read that cannot be gone on with is UNAVAILABLE, and never a short one',
  },
  {
    fault: 'goes on with another object',
    store: GoesOnWithAnotherObject,
    convictedBy: 'a read that goes on after the object was replaced is UNAVAILABLE, and never a mixture',
  },
  {
    fault: 'leaves an object torn when the connection breaks',
    store: WritesInPlace,
    convictedBy: 'a write whose connection breaks leaves the old bytes or the new ones',
  },
  {
    fault: 'leaves half an object when the connection breaks',
    store: WritesInPlace,
    convictedBy: 'a write whose connection breaks leaves nothing, or the whole object, where nothing was',
  },
  {
    fault: 'opens the source of a write once',
    store: OpensAFunctionOnce,
    convictedBy: 'a write from a function is sent again as a whole',
  },
  {
    fault: 'takes its own write for one of another',
    store: TakesItselfForAnother,
    convictedBy: 'a write with ifAbsent whose answer is lost does not take itself for another',
  },
  {
    fault: 'takes its own change for one of another',
    store: TakesItselfForAnother,
    convictedBy: 'a write with ifMatch whose answer is lost does not take itself for another',
  },
  {
    fault: 'takes its own copy for one of another',
    store: TakesItselfForAnother,
    convictedBy: 'a copy with ifAbsent whose answer is lost does not take itself for another',
  },
  {
    fault: 'ends a listing where the connection broke',
    store: EndsListingsEarly,
    convictedBy: 'a listing that cannot be gone on with is UNAVAILABLE, and never a short one',
  },
  {
    fault: 'says that it removed what it did not',
    store: SaysThatItRemoved,
    convictedBy: 'a removal that cannot be done is UNAVAILABLE, and never taken for done',
  },
  {
    fault: 'loses a file when the connection breaks',
    store: TakesALostWriteForDone,
    convictedBy: 'a folder whose connections break is uploaded as it is',
  },
  {
    fault: 'leaves half a file when the connection breaks',
    store: DownloadsInPlace,
    convictedBy: 'a folder whose connections break is downloaded as it is, or with whole files alone',
  },
  {
    fault: 'takes a server that is down for a missing object',
    store: mapping((error) => (error.code === 'ECONNREFUSED' ? 'NOT_FOUND' : undefined)),
    convictedBy: 'a server that refuses connections is UNAVAILABLE until it is back',
  },
  {
    fault: 'does not look at the signal while it waits',
    store: DoesNotLookAtTheSignal,
    convictedBy: 'an abort ends what waits for a server that does not answer',
  },
  { fault: 'waits for ever', store: WaitsForEver, convictedBy: 'a server that does not answer is TIMEOUT' },
  {
    fault: 'calls a timeout something else',
    store: mapping((error) => (error.code === 'ETIMEDOUT' ? 'UNAVAILABLE' : undefined)),
    convictedBy: 'a server that does not answer is TIMEOUT',
  },
  // Missing roots, and refused credentials.
  {
    fault: 'takes a missing root for an empty one',
    store: TakesAMissingRootForAnEmptyOne,
    convictedBy: 'a root that is not there is ROOT_NOT_FOUND, whatever is asked',
  },
  {
    fault: 'takes a refusal of credentials for a missing object',
    store: mapping((error) =>
      error instanceof RemoteError && error.refusal === 'forbidden' ? 'NOT_FOUND' : undefined,
    ),
    convictedBy: 'wrong credentials are ACCESS_DENIED and change nothing',
  },
  {
    fault: 'takes a refusal of credentials for absence',
    store: TakesARefusalForAbsence,
    convictedBy: 'wrong credentials are ACCESS_DENIED and change nothing',
  },
  {
    fault: 'takes expired credentials for a server that is down',
    store: mapping((error) =>
      error instanceof RemoteError && error.refusal === 'expired' ? 'UNAVAILABLE' : undefined,
    ),
    convictedBy: 'expired credentials are ACCESS_DENIED and change nothing',
  },
  {
    fault: 'shows its credentials in errors',
    store: ShowsItsToken,
    convictedBy: 'an error of wrong credentials does not hold them',
  },
  {
    fault: 'keeps the request with its credentials in errors',
    store: KeepsTheRequestInErrors,
    convictedBy: 'an error of expired credentials does not hold them',
  },
  {
    fault: 'has credentials in common with other stores',
    store: SharesCredentials,
    convictedBy: 'a store with wrong credentials disturbs none beside it',
  },
];

/** Stores on a server whose writers leave something wrong when they are killed, or are together with others. */
export const processMutants: readonly Mutant<RemoteStore>[] = [
  {
    fault: 'leaves an object torn when it is killed',
    store: WritesInPlace,
    convictedBy: 'a writer that is killed leaves the old bytes or the new ones',
  },
  {
    fault: 'says that it wrote before it did',
    store: TellsBeforeItHasWritten,
    convictedBy: 'a writer that is killed leaves whole objects alone, and all that it had written',
  },
  {
    fault: 'loses an object when it is killed while it renames',
    store: RemovesBeforeItRenames,
    convictedBy: 'a process that is killed while it renames loses no object',
  },
  {
    fault: 'leaves half an upload when it is killed',
    store: WritesInPlace,
    convictedBy: 'a process that is killed while it uploads a folder leaves whole objects alone',
  },
  {
    fault: 'shows what it has staged when it is killed',
    store: StagesAmongTheObjects,
    convictedBy: 'what a killed writer leaves is not seen, and collectGarbage removes it',
  },
  {
    fault: 'takes for garbage what may be under way',
    store: CollectsWhatIsYoung,
    convictedBy: 'what a killed writer leaves is not seen, and collectGarbage removes it',
  },
  {
    fault: 'locks an object for ever when it is killed',
    store: LocksForEver,
    convictedBy: 'a killed writer keeps nobody from writing the same object',
  },
  {
    fault: 'lets two processes win',
    store: ChecksConditionsItself,
    convictedBy: 'of processes that write with ifAbsent at once exactly one wins',
  },
  {
    fault: 'lets two processes change an object at once',
    store: ChecksConditionsItself,
    convictedBy: 'a counter that processes change under ifMatch loses no increment',
  },
  {
    fault: 'trusts a clock that is fast',
    store: TrustsItsClock,
    convictedBy: 'a process whose clock is ten minutes fast uses the store as others do',
  },
  {
    fault: 'trusts a clock that is slow',
    store: TrustsItsClock,
    convictedBy: 'a process whose clock is ten minutes slow uses the store as others do',
  },
];
