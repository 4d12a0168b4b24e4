import { addAbortSignal, Readable } from 'node:stream';
import {
  AnonymousCredential,
  type BlobRequestConditions,
  BlobSASPermissions,
  type BlobServiceClient,
  type BlockBlobClient,
  type ContainerClient,
  StorageSharedKeyCredential,
  type UserDelegationKey,
} from '@azure/storage-blob';
import {
  ArtifactStore,
  type CopyRequest,
  type ErrorCode,
  entriesOfPages,
  type Garbage,
  type GarbageRequest,
  KnownPlaces,
  type ListEntry,
  type ListRequest,
  type ObjectContent,
  type ProbeResult,
  placeQuestions,
  type ReadRequest,
  type RemovalFailure,
  type SendOptions,
  type SignedUrl,
  type SignRequest,
  StackError,
  type StoredStat,
  type StoreRequest,
  unhealthy,
  type WriteRequest,
} from '@stack/core';
import { atOnce } from './at-once.ts';
import { azureErrorCode, serviceCodeOf } from './azure-error-code.ts';
import { blobName, keyOfBlob, nameBeginning } from './blob-name.ts';
import { type BlobProperties, isPlaceholder, metadataOf, storedStat } from './blob-stat.ts';
import { type BlockOrigin, blockId, newUploadId } from './block-id.ts';
import { type Block, blocksOf } from './blocks.ts';
import { type AzureArtifactStoreConfig, parseBlobPath } from './config.ts';
import { type AzureOverrides, connectToService } from './connect-to-service.ts';
import { discardBlocks } from './discard-blocks.ts';
import { type ListingPage, listingEntries, type PagedListing, type PageSettings } from './listing-entries.ts';
import { ListingOrder } from './listing-order.ts';

/** So many requests that carry no bytes are under way at once, such as those of a removal. */
const requestsAtOnce = 16;
/** How long cleaning up after a failure may take, in milliseconds. */
const cleanupTimeout = 5000;
/** How long a user delegation is asked for, in milliseconds, unless a URL needs it for longer. */
const delegationTime = 86_400_000;
/** Bytes that are read as a whole: it costs less than a stream. */
const smallRead = 256 * 1024;
/** Entries of one answer of a listing, at most. */
const longestPage = 5000;
/** In characters. */
const longestName = 1024;

type PlaceRequest = Pick<CopyRequest, 'ifMatch'> & Pick<WriteRequest, 'isPlaceFree'>;

/** What a request is for, as callers know it. */
type Purpose = Omit<SendOptions<unknown>, 'confirm'>;

/**
 * Keeps objects as block blobs of one container, below one prefix.
 *
 * - What fits into one block is written by one request. What is larger is staged in blocks, each of which is tried
 *   again by itself, and committed as one; `blockConcurrency` of them are in memory at once.
 * - The SHA-256 of a write with a digest is kept in the metadata.
 *
 * `overrides` are `AzureOverrides`: a `credential` of `@azure/identity`, `pipelineOptions` of `@azure/storage-blob`.
 */
export default class AzureArtifactStore extends ArtifactStore<AzureArtifactStoreConfig> {
  readonly #places = new KnownPlaces();
  #connecting: Promise<BlobServiceClient> | undefined;
  #opening: Promise<ContainerClient> | undefined;
  #delegationKey: UserDelegationKey | undefined;

  override async probe(): Promise<ProbeResult> {
    try {
      const purpose = { operation: 'listing', key: '', signal: undefined };
      for await (const _ of this.#list('', { recursive: true, prefix: '', limit: 1 }, purpose)) break;
      const container = await this.#container();
      // Who may list need not be allowed to ask this.
      const account = await container.getAccountInfo().catch(() => undefined);
      if (account?.isHierarchicalNamespaceEnabled) {
        return { healthy: false, message: `${this.root} has a hierarchical namespace, which is not supported.` };
      }
      return { healthy: true, message: `${this.root} can be listed.` };
    } catch (error) {
      return unhealthy(error);
    }
  }

  protected override resolveRoot(path: string): string {
    return super.resolveRoot(shortForm(path));
  }

  protected override normalizePath(path: string): string {
    const { accountName = this.#accountName } = parseBlobPath(path) ?? {};
    return accountName === this.#accountName ? shortForm(path) : path;
  }

  protected override async doRead(key: string, { start, end, ifMatch, signal }: ReadRequest): Promise<ObjectContent> {
    const blob = await this.#blob(key);
    const conditions = conditionsOf({ ifAbsent: false, ifMatch });
    try {
      const { properties, body } = await this.#download(blob, { start, end, conditions, signal });
      const stat = this.#statOf(properties);
      const length = Math.min(end ?? stat.size, stat.size) - start;
      return { stat, body: length <= smallRead ? Buffer.concat(await body.toArray()) : body };
    } catch (error) {
      if (serviceCodeOf(error) !== 'InvalidRange') throw error;
      // The range lies behind the end.
      const properties = await this.#timed(signal, (abortSignal) => blob.getProperties({ abortSignal, conditions }));
      return { stat: this.#statOf(properties), body: Buffer.alloc(0) };
    }
  }

  protected override async doWrite(
    key: string,
    source: Uint8Array | Readable,
    request: WriteRequest,
  ): Promise<StoredStat> {
    const blob = await this.#blob(key);
    // It is looked at while the source is read already; which may break before the answer is there.
    const place = this.#checkPlace(key, request, { operation: 'write', key, signal: request.signal });
    place.catch(() => {});
    const blocks = blocksOf(source, this.config.blockSize);
    const first = await blocks.next();
    const second = await blocks.next();
    try {
      let stat: StoredStat | undefined;
      if (second.done) {
        await place;
        stat = await this.#put(key, blob, first.value?.bytes ?? Buffer.alloc(0), request);
      }
      const staged = [first.value, second.value].filter((block) => block !== undefined);
      return stat ?? (await this.#putBlocks(key, blob, source, prepend(staged, blocks), request, place));
    } finally {
      this.#places.wrote(key);
    }
  }

  protected override async doStat(key: string, { signal }: StoreRequest): Promise<StoredStat | undefined> {
    const blob = await this.#blob(key);
    try {
      const properties = await this.#timed(signal, (abortSignal) => blob.getProperties({ abortSignal }));
      return isPlaceholder(properties) ? undefined : storedStat(properties);
    } catch (error) {
      if (azureErrorCode(error) === 'NOT_FOUND') return undefined;
      throw error;
    }
  }

  protected override doList(key: string, request: ListRequest): AsyncIterable<ListEntry> {
    return this.#list(key, request, { operation: 'listing', key, signal: request.signal });
  }

  #list(key: string, request: Omit<ListRequest, 'signal'>, purpose: Purpose): AsyncIterable<ListEntry> {
    return entriesOfPages(this.#pages(key, request, purpose), request);
  }

  async *#pages(
    key: string,
    { recursive, prefix, limit }: Omit<ListRequest, 'signal'>,
    purpose: Purpose,
  ): AsyncIterable<readonly ListEntry[]> {
    const container = await this.#container();
    const root = this.#prefixOf('');
    const wanted = `${this.#prefixOf(key)}${nameBeginning(prefix)}`;
    const order = new ListingOrder(wanted.slice(root.length));
    const answers = this.#answers(purpose, limit, (abortSignal) => {
      const options = { prefix: wanted, abortSignal };
      return recursive ? container.listBlobsFlat(options) : container.listBlobsByHierarchy('/', options);
    });
    for await (const answer of answers) {
      yield listingEntries(answer, root).flatMap(([name, entry]) => order.take(name, entry));
    }
    yield order.end();
  }

  /** The answers of a listing, the first with so many entries at most. */
  async *#answers(
    purpose: Purpose,
    limit: number | undefined,
    list: (abortSignal: AbortSignal) => PagedListing,
  ): AsyncIterable<ListingPage> {
    let settings: PageSettings = limit === undefined ? {} : { maxPageSize: Math.min(limit, longestPage) };
    for (let isLast = false; !isLast; ) {
      const page = await this.#ask(
        purpose,
        async (abortSignal): Promise<ListingPage> => (await list(abortSignal).byPage(settings).next()).value,
      );
      yield page;
      isLast = !page.continuationToken;
      settings = { ...(page.continuationToken && { continuationToken: page.continuationToken }) };
    }
  }

  protected override async doRemove(
    keys: readonly string[],
    { signal }: StoreRequest,
  ): Promise<readonly RemovalFailure[]> {
    const container = await this.#container();
    const failures: RemovalFailure[] = [];
    // A batch takes as long as its blobs one after the other.
    await atOnce(keys, requestsAtOnce, async (key) => {
      try {
        signal?.throwIfAborted();
        const blob = container.getBlobClient(this.#nameOf(key));
        await this.#timed(signal, (abortSignal) => blob.delete({ abortSignal, deleteSnapshots: 'include' }));
      } catch (error) {
        if (azureErrorCode(error) !== 'NOT_FOUND') failures.push({ key, error });
      }
    });
    const codes = new Set(failures.map(({ error }) => this.mapError(error)));
    if (failures.length === keys.length && codes.size === 1) throw failures[0]?.error;
    return failures;
  }

  protected override async doCopy(from: string, to: string, request: CopyRequest): Promise<StoredStat> {
    const [source, target] = [await this.#blob(from), await this.#blob(to)];
    const purpose = { operation: 'copy', key: from, to, signal: request.signal };
    const [stat] = await Promise.all([this.#stat(from, purpose), this.#checkPlace(to, request, purpose)]);
    if (stat === undefined) throw this.refusal('NOT_FOUND');
    try {
      return await this.#copyBlob(source, stat, target, request);
    } finally {
      this.#places.wrote(to);
    }
  }

  async #copyBlob(
    source: BlockBlobClient,
    stat: StoredStat,
    target: BlockBlobClient,
    request: CopyRequest,
  ): Promise<StoredStat> {
    const { signal } = request;
    const poller = await this.#timed(signal, (abortSignal) =>
      target.beginCopyFromURL(source.url, {
        abortSignal,
        conditions: conditionsOf(request),
        sourceConditions: { ifMatch: stat.etag },
        intervalInMs: 1000,
      }),
    );
    const stop = () => poller.stopPolling();
    signal?.addEventListener('abort', stop);
    try {
      const { etag = '', lastModified = stat.modifiedAt } = await poller.pollUntilDone();
      return { ...stat, etag, modifiedAt: lastModified };
    } catch (error) {
      throw this.refusal('UNAVAILABLE', error instanceof Error ? error.message : String(error));
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  protected override async doSignUrl(key: string, { method, expiresIn, signal }: SignRequest): Promise<SignedUrl> {
    const service = await this.#service();
    const blob = await this.#blob(key);
    if (blob.credential instanceof AnonymousCredential) {
      throw this.refusal('CAPABILITY_UNSUPPORTED', 'a shared access signature cannot sign another one');
    }
    // Signatures count in seconds.
    const expiresAt = new Date(Math.ceil(Date.now() / 1000 + expiresIn) * 1000);
    const options = { expiresOn: expiresAt, permissions: BlobSASPermissions.parse(method === 'get' ? 'r' : 'cw') };
    const url =
      blob.credential instanceof StorageSharedKeyCredential
        ? await blob.generateSasUrl(options)
        : await blob.generateUserDelegationSasUrl(options, await this.#delegation(service, expiresAt, signal));
    return { url, headers: method === 'get' ? {} : { 'x-ms-blob-type': 'BlockBlob' }, expiresAt };
  }

  /** Blob Storage forgets blocks by itself a week after the last one was staged. */
  protected override async *doCollectGarbage({ before, dryRun, signal }: GarbageRequest): AsyncIterable<Garbage> {
    const container = await this.#container();
    const prefix = this.#prefixOf('');
    const purpose = { operation: 'garbage collection', key: '', signal };
    const isGarbage = ({ stagedAt }: BlockOrigin) => stagedAt < before;
    const pages = this.#answers(purpose, undefined, (abortSignal) =>
      container.listBlobsFlat({ prefix, includeUncommitedBlobs: true, abortSignal }),
    );
    for await (const { segment } of pages) {
      for (const { name, properties } of segment.blobItems) {
        // What was never committed has no type of content.
        if (properties.contentLength || properties.contentType) continue;
        const staged = await this.#ask(purpose, (abortSignal) =>
          discardBlocks(container, name, { isGarbage, dryRun, abortSignal }),
        );
        if (staged === undefined) continue;
        const path = keyOfBlob(name.slice(prefix.length));
        yield { kind: 'multipart-upload', id: name, path, size: staged.size, modifiedAt: staged.stagedAt };
      }
    }
  }

  protected override mapError(error: unknown): ErrorCode | undefined {
    return azureErrorCode(error);
  }

  /** Writes the blob by one request. `undefined` where Blob Storage takes blocks that others have staged for an object. */
  async #put(
    key: string,
    blob: BlockBlobClient,
    bytes: Uint8Array,
    request: WriteRequest,
  ): Promise<StoredStat | undefined> {
    try {
      return await this.#ask(this.#writing(key, request), async (abortSignal) => {
        const options = { abortSignal, conditions: conditionsOf(request), metadata: metadataOf(request) };
        const answer = await blob.upload(bytes, bytes.byteLength, options);
        return storedStat({ ...answer, contentLength: bytes.byteLength });
      });
    } catch (error) {
      if (!StackError.is(error, 'ALREADY_EXISTS')) throw error;
      if ((await this.#stat(key, { operation: 'write', key, signal: request.signal })) !== undefined) throw error;
      return undefined;
    }
  }

  /** Stages the blob in blocks, and commits them. */
  async #putBlocks(
    key: string,
    blob: BlockBlobClient,
    source: Uint8Array | Readable,
    blocks: AsyncIterable<Block>,
    request: WriteRequest,
    place: Promise<void>,
  ): Promise<StoredStat> {
    const upload = newUploadId();
    // The own object is known by it, whatever became of the answer to its commit.
    const { signal, writeId = upload } = request;
    const commit = { ...request, writeId };
    const ids: string[] = [];
    let size = 0;
    const stop = new AbortController();
    if (source instanceof Readable) addAbortSignal(stop.signal, source);
    const before = this.#stat(key, { operation: 'write', key, signal });
    const stage = async ({ bytes, release }: Block) => {
      const id = blockId(upload, ids.length);
      ids.push(id);
      size += bytes.byteLength;
      // What throws staged blocks away is the write of another: it has to be seen that it came after this one began.
      await before;
      const purpose = { operation: 'write', key, signal: anySignal(stop.signal, signal) };
      await this.#ask(purpose, (abortSignal) => blob.stageBlock(id, bytes, bytes.byteLength, { abortSignal }));
      release();
    };
    place.catch(() => stop.abort());
    try {
      const staged = atOnce(blocks, this.config.blockConcurrency, stage, () => stop.abort());
      await allEnded([place, before, staged]);
      const purpose: SendOptions<StoredStat | undefined> = this.#writing(key, commit);
      const stat = await this.#ask(purpose, async (abortSignal) => {
        const options = { abortSignal, conditions: conditionsOf(commit), metadata: metadataOf(commit) };
        const answer = await blob.commitBlockList(ids, options).catch(undefinedWhenDiscarded);
        return answer && storedStat({ ...answer, contentLength: size });
      });
      return stat ?? (await this.#overwritten(key, size, await before, commit));
    } catch (error) {
      await discardBlocks(await this.#container(), blob.name, {
        isGarbage: (origin) => origin.upload === upload,
        dryRun: false,
        abortSignal: AbortSignal.timeout(cleanupTimeout),
      }).catch(() => {});
      throw error;
    }
  }

  /**
   * What comes of a write whose blocks Blob Storage has thrown away, as it does once another write to the blob is done:
   * the other one came right after this one.
   *
   * @param before the object when this write began
   */
  async #overwritten(
    key: string,
    size: number,
    before: StoredStat | undefined,
    { ifAbsent, ifMatch, writeId, signal }: WriteRequest,
  ): Promise<StoredStat> {
    const now = await this.#stat(key, { operation: 'write', key, signal });
    if (now?.writeId === writeId && now !== undefined) return now;
    if (ifAbsent && now !== undefined) throw this.refusal('ALREADY_EXISTS');
    if (ifMatch !== undefined && now?.etag !== ifMatch) throw this.refusal('PRECONDITION_FAILED');
    if (now === undefined || now.etag === before?.etag) {
      throw this.refusal('UNAVAILABLE', 'what was staged of it has been thrown away');
    }
    return { size, modifiedAt: now.modifiedAt, etag: `"overwritten-${newUploadId()}"` };
  }

  #writing(key: string, { writeId, signal }: WriteRequest): SendOptions<StoredStat> {
    const confirm = () => this.findWritten(key, writeId, signal);
    return { operation: 'write', key, signal, confirm: writeId === undefined ? undefined : confirm };
  }

  /** Refuses a key that is a directory, or lies below an object. */
  async #checkPlace(key: string, { ifMatch, isPlaceFree }: PlaceRequest, purpose: Purpose): Promise<void> {
    // What is to be replaced is there, so that nothing can be in its way.
    if (ifMatch !== undefined || isPlaceFree) return;
    const questions = placeQuestions(key, {
      isObject: async (above) => (await this.#stat(above, purpose)) !== undefined,
      list: (directory, request) => this.#list(directory, { ...request, prefix: '' }, purpose),
    });
    const isFree = await this.#places.isFree(key, questions);
    if (!isFree) throw this.refusal('PATH_CONFLICT');
  }

  #stat(key: string, purpose: Purpose): Promise<StoredStat | undefined> {
    return this.send(purpose, () => this.doStat(key, purpose));
  }

  /** Opens a range of a blob. Its stream breaks with TIMEOUT when nothing comes for as long as a request may take. */
  async #download(
    blob: BlockBlobClient,
    {
      start,
      end,
      conditions,
      signal,
    }: Pick<ReadRequest, 'start' | 'end' | 'signal'> & { readonly conditions: BlobRequestConditions },
  ): Promise<{ readonly properties: BlobProperties; readonly body: Readable }> {
    let watch: NodeJS.Timeout | undefined;
    const answer = await this.#timed(signal, async (abortSignal) => {
      // The time is that of the beginning: the bytes may take longer.
      const beginning = new AbortController();
      const abort = () => beginning.abort();
      abortSignal.addEventListener('abort', abort);
      try {
        const options = { abortSignal: beginning.signal, conditions, onProgress: () => watch?.refresh() };
        return await blob.download(start, end === undefined ? undefined : end - start, options);
      } finally {
        abortSignal.removeEventListener('abort', abort);
      }
    });
    const body = answer.readableStreamBody as Readable;
    const { requestTimeout } = this.config;
    watch = setTimeout(() => {
      // What waits to be taken is not the fault of the service.
      if (body.readableLength > 0) watch?.refresh();
      else body.destroy(this.refusal('TIMEOUT', `nothing came within ${requestTimeout} ms`));
    }, requestTimeout);
    body.once('close', () => clearTimeout(watch));
    const { etag, lastModified, metadata, contentType, contentLength, contentRange } = answer;
    const size = Number(/\/(\d+)$/.exec(contentRange ?? '')?.[1] ?? contentLength);
    return { properties: { etag, lastModified, metadata, contentType, contentLength: size }, body };
  }

  /** The stat of a blob that is an object. */
  #statOf(properties: BlobProperties): StoredStat {
    if (isPlaceholder(properties)) throw this.refusal('NOT_FOUND');
    return storedStat(properties);
  }

  async #delegation(service: BlobServiceClient, until: Date, signal: AbortSignal | undefined) {
    if (this.#delegationKey === undefined || this.#delegationKey.signedExpiresOn < until) {
      const expiresOn = new Date(Math.max(until.getTime(), Date.now() + delegationTime));
      this.#delegationKey = await this.#timed(signal, (abortSignal) =>
        service.getUserDelegationKey(new Date(), expiresOn, { abortSignal }),
      );
    }
    return this.#delegationKey;
  }

  get #accountName(): string | undefined {
    return this.config.accountName ?? parseBlobPath(this.config.path)?.accountName;
  }

  async #service(): Promise<BlobServiceClient> {
    this.#connecting ??= connectToService(this.config, this.overrides as AzureOverrides);
    return this.#connecting;
  }

  async #container(): Promise<ContainerClient> {
    this.#opening ??= this.#service().then((service) =>
      service.getContainerClient(parseBlobPath(this.root)?.container ?? ''),
    );
    return this.#opening;
  }

  async #blob(key: string): Promise<BlockBlobClient> {
    return (await this.#container()).getBlockBlobClient(this.#nameOf(key));
  }

  #nameOf(key: string): string {
    const name = `${this.#prefixOf('')}${blobName(key)}`;
    if (name.length <= longestName) return name;
    const message = `its blob would have a name of ${name.length} characters, and Azure takes ${longestName}`;
    throw this.refusal('PATH_INVALID', message);
  }

  /** What the names of all blobs below a directory begin with. */
  #prefixOf(directory: string): string {
    const { rest = '' } = parseBlobPath(this.root) ?? {};
    const path = directory === '' ? rest.slice(1) : `${rest}/${directory}`.slice(1);
    return path === '' ? '' : `${blobName(path)}/`;
  }

  /** Sends one of several requests of a primitive, each attempt with a time limit. */
  #ask<Result>(purpose: SendOptions<Result>, request: (abortSignal: AbortSignal) => Promise<Result>): Promise<Result> {
    return this.send(purpose, () => this.#timed(purpose.signal, request));
  }

  async #timed<Result>(
    signal: AbortSignal | undefined,
    request: (abortSignal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const { requestTimeout } = this.config;
    // `AbortSignal.timeout` would keep each request in memory until its time is up.
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), requestTimeout);
    try {
      return await request(anySignal(deadline.signal, signal));
    } catch (error) {
      if (deadline.signal.aborted && !signal?.aborted) {
        throw this.refusal('TIMEOUT', `there was no answer within ${requestTimeout} ms`);
      }
      throw explained(error);
    } finally {
      clearTimeout(timer);
    }
  }
}

/**
 * An error with a message: that of an answer without a body has none, and that of one which is none of the service, but of
 * whoever stands between, is about its form.
 */
function explained(error: unknown): unknown {
  if (!(error instanceof Error) || !('statusCode' in error)) return error;
  const code = serviceCodeOf(error);
  const status = `the service answers with status ${error.statusCode}`;
  if (code === 'PARSE_ERROR') error.message = `${status}, and with what is none of its answers`;
  else if (error.message === '') error.message = code ?? status;
  return error;
}

/** The form of a path that roots have. */
function shortForm(path: string): string {
  const parsed = parseBlobPath(path);
  return parsed === undefined ? path : `az://${parsed.container}${parsed.rest}`;
}

/** Blob Storage has no etag of another form, and would take some for more than one. */
const etagPattern = /^"[\x21\x23-\x7E]+"$/;

function conditionsOf({ ifAbsent, ifMatch }: Pick<CopyRequest, 'ifAbsent' | 'ifMatch'>): BlobRequestConditions {
  if (ifAbsent) return { ifNoneMatch: '*' };
  if (ifMatch === undefined) return {};
  // Whatever else is asked for is the etag of no blob.
  return { ifMatch: etagPattern.test(ifMatch) ? ifMatch : '"none"' };
}

/** Waits for all of them, and throws what the first one that failed did. */
async function allEnded(promises: readonly Promise<unknown>[]): Promise<void> {
  await Promise.allSettled(promises);
  await Promise.all(promises);
}

function anySignal(one: AbortSignal, other: AbortSignal | undefined): AbortSignal {
  return other === undefined ? one : AbortSignal.any([one, other]);
}

function undefinedWhenDiscarded(error: unknown): undefined {
  if (serviceCodeOf(error) !== 'InvalidBlockList') throw error;
}

async function* prepend<Item>(items: readonly Item[], rest: AsyncIterable<Item>): AsyncIterable<Item> {
  yield* items;
  yield* rest;
}
