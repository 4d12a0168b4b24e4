import { randomUUID } from 'node:crypto';
import { pipeline, type Readable } from 'node:stream';
import {
  ArtifactStore,
  type ComponentContext,
  type CopyRequest,
  type ErrorCode,
  entriesOfPages,
  KnownPlaces,
  keyProblem,
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
import { CheckedStream, checkCrc32c } from './checked-stream.ts';
import { chunksOf } from './chunks.ts';
import { type GcsArtifactStoreConfig, type GcsLocation, parseGcsPath } from './config.ts';
import { Crc32c } from './crc32c.ts';
import { type GcsAnswer, GcsClient, type GcsOverrides, parseJson } from './gcs-client.ts';
import { GcsError, gcsErrorCode } from './gcs-error.ts';
import {
  crc32cOfHeaders,
  metadataOf,
  type ObjectResource,
  objectFields,
  statOfHeaders,
  storedStat,
} from './object-resource.ts';
import { signUrl } from './signed-url.ts';
import { UploadSession } from './upload-session.ts';

/** Bytes that are read as a whole: it costs less than a stream. */
const smallRead = 256 * 1024;
/** Entries of one answer of a listing, at most. */
const pageSize = 1000;
/** So many requests of one removal are under way at once. */
const removalsAtOnce = 32;
/** How long giving an upload up may take, in milliseconds. */
const cleanupTimeout = 5000;

/** What a request is for, as callers know it. */
type Purpose = Omit<SendOptions<unknown>, 'confirm'>;

/** What tells whether something may be in the way of a write. */
type PlaceRequest = Pick<CopyRequest, 'ifMatch'> & Pick<WriteRequest, 'isPlaceFree'>;

interface ListingPage {
  readonly items?: readonly ObjectResource[];
  readonly prefixes?: readonly string[];
  readonly nextPageToken?: string;
}

interface RewriteAnswer {
  readonly done: boolean;
  readonly rewriteToken?: string;
  readonly resource: ObjectResource;
}

/**
 * Keeps objects in one bucket of Cloud Storage, below one prefix.
 *
 * - Their etag is the generation, which is what Cloud Storage binds writes to.
 * - What fits into one chunk is written by one request. What is larger is uploaded in chunks, one after the other, each of
 *   which is tried again by itself; two of them are in memory.
 * - Bytes are checked against their CRC32C on both ways.
 * - Cloud Storage has no directories. So a write looks whether its key is one, or lies below an object; what others write
 *   in the same moment is not seen.
 *
 * `overrides` are `GcsOverrides`: an `authClient` of google-auth-library, a `dispatcher` of undici.
 */
export default class GcsArtifactStore extends ArtifactStore<GcsArtifactStoreConfig> {
  readonly #location: GcsLocation;
  readonly #places = new KnownPlaces();
  #openClient: GcsClient | undefined;
  #bucketIsKnown = false;

  constructor(context: ComponentContext<GcsArtifactStoreConfig>) {
    super(context);
    this.#location = parseGcsPath(this.root) ?? { bucket: '', prefix: '' };
  }

  override async probe(): Promise<ProbeResult> {
    try {
      const purpose = { operation: 'listing', key: '', signal: undefined };
      for await (const _ of this.#list('', { recursive: true, prefix: '', limit: 1 }, purpose)) break;
      return { healthy: true, message: `${this.root} can be listed.` };
    } catch (error) {
      return unhealthy(error);
    }
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await this.#openClient?.destroy();
  }

  protected override async doRead(key: string, request: ReadRequest): Promise<ObjectContent> {
    const { start, end, ifMatch, signal } = request;
    const isWhole = start === 0 && end === undefined;
    try {
      const { headers, body } = await this.#client.download({
        target: this.#pathOf(key),
        headers: {
          // The bytes as they are stored, also those that someone has stored compressed.
          'accept-encoding': 'gzip',
          ...(!isWhole && { range: `bytes=${start}-${end === undefined ? '' : end - 1}` }),
          ...(ifMatch !== undefined && { 'x-goog-if-generation-match': this.#generationOf(ifMatch) }),
        },
        signal,
      });
      const stat = statOfHeaders(headers);
      if (ifMatch !== undefined && stat.etag !== ifMatch) {
        body.on('error', () => {}).destroy();
        throw this.refusal('PRECONDITION_FAILED');
      }
      const length = Number(headers['content-length'] ?? Number.POSITIVE_INFINITY);
      // Where there is a SHA-256, that is checked.
      const crc32c = length === stat.size && stat.sha256 === undefined ? crc32cOfHeaders(headers) : undefined;
      if (length > smallRead) {
        return { stat, body: crc32c === undefined ? body : pipeline(body, new CheckedStream(crc32c), () => {}) };
      }
      const bytes = await body.bytes();
      if (crc32c !== undefined) checkCrc32c(new Crc32c().update(bytes), crc32c);
      return { stat, body: bytes };
    } catch (error) {
      if (!isStatus(error, 404, 416)) throw error;
      const stat = await this.doStat(key, { signal });
      if (stat === undefined) throw this.refusal('NOT_FOUND');
      if (ifMatch !== undefined && stat.etag !== ifMatch) throw this.refusal('PRECONDITION_FAILED');
      // It is there by now.
      if (isStatus(error, 404)) throw this.refusal('UNAVAILABLE', 'the object was written meanwhile');
      // The range lies behind the end.
      return { stat, body: Buffer.alloc(0) };
    }
  }

  protected override async doWrite(
    key: string,
    source: Uint8Array | Readable,
    request: WriteRequest,
  ): Promise<StoredStat> {
    // It is looked at while the source is read already; which may break before the answer is there.
    const place = this.#checkPlace(key, request, { operation: 'write', key, signal: request.signal });
    place.catch(() => {});
    const { chunkSize } = this.config;
    const chunks = chunksOf(source, chunkSize);
    const { value: first = Buffer.alloc(0) } = await chunks.next();
    await place;
    const isWhole = first.byteLength < chunkSize;
    try {
      return await (isWhole ? this.#insert(key, first, request) : this.#upload(key, first, chunks, request));
    } finally {
      this.#places.wrote(key);
    }
  }

  protected override async doStat(key: string, { signal }: StoreRequest): Promise<StoredStat | undefined> {
    try {
      const query = { fields: objectFields };
      return storedStat(await this.#client.json<ObjectResource>({ target: this.#objectTarget(key), query, signal }));
    } catch (error) {
      if (!isStatus(error, 404)) throw error;
      await this.#checkBucket(signal);
      return undefined;
    }
  }

  protected override doList(key: string, request: ListRequest): AsyncIterable<ListEntry> {
    return this.#list(key, request, { operation: 'listing', key, signal: request.signal });
  }

  protected override async doRemove(
    keys: readonly string[],
    { signal }: StoreRequest,
  ): Promise<readonly RemovalFailure[]> {
    const failures: RemovalFailure[] = [];
    let missing = 0;
    const left = keys.values();
    const work = async () => {
      for (const key of left) {
        try {
          signal?.throwIfAborted();
          await this.#client.ask({ method: 'DELETE', target: this.#objectTarget(key), signal });
        } catch (error) {
          if (isStatus(error, 404)) missing++;
          else failures.push({ key, error });
        }
      }
    };
    await Promise.all(Array.from({ length: removalsAtOnce }, work));
    const [failure] = failures;
    const codes = new Set(failures.map(({ error }) => this.mapError(error)));
    if (failure !== undefined && failures.length === keys.length && codes.size === 1) throw failure.error;
    if (missing === keys.length) await this.#checkBucket(signal);
    return failures;
  }

  protected override async doCopy(from: string, to: string, request: CopyRequest): Promise<StoredStat> {
    const { signal } = request;
    const purpose = { operation: 'copy', key: from, to, signal };
    const [stat] = await Promise.all([this.#stat(from, purpose), this.#checkPlace(to, request, purpose)]);
    if (stat === undefined) throw this.refusal('NOT_FOUND');
    const query = {
      ...this.#conditions(request),
      destinationKmsKeyName: this.config.kmsKeyName,
      sourceGeneration: stat.etag,
      fields: `done,rewriteToken,resource(${objectFields})`,
    };
    const target = `${this.#objectTarget(from)}/rewriteTo${this.#objectTarget(to).slice('/storage/v1'.length)}`;
    this.#places.wrote(to);
    for (let rewriteToken: string | undefined; ; ) {
      const answer = await this.#bound(request, () =>
        this.#client.json<RewriteAnswer>({ method: 'POST', target, query: { ...query, rewriteToken }, signal }),
      ).catch((error: unknown) => {
        if (!isStatus(error, 404)) throw error;
        throw this.refusal('UNAVAILABLE', 'the source was replaced or removed meanwhile');
      });
      if (answer.done) return storedStat(answer.resource);
      ({ rewriteToken } = answer);
    }
  }

  protected override async doSignUrl(key: string, { method, expiresIn, signal }: SignRequest): Promise<SignedUrl> {
    const signer = await this.#client.signer(signal);
    if (signer === undefined) {
      throw this.refusal(
        'CAPABILITY_UNSUPPORTED',
        'only a service account can sign, and these credentials are of none',
      );
    }
    const signedAt = new Date();
    const url = await signUrl({
      method: method === 'get' ? 'GET' : 'PUT',
      url: new URL(`${this.#client.endpoint}${this.#pathOf(key)}`),
      signer,
      signedAt,
      expiresIn,
    });
    return { url, headers: {}, expiresAt: new Date(signedAt.getTime() + expiresIn * 1000) };
  }

  protected override mapError(error: unknown): ErrorCode | undefined {
    return gcsErrorCode(error);
  }

  #list(key: string, request: Omit<ListRequest, 'signal'>, purpose: Purpose): AsyncIterable<ListEntry> {
    return entriesOfPages(this.#pages(key, request, purpose), request);
  }

  async *#pages(
    key: string,
    { recursive, prefix, limit = pageSize }: Omit<ListRequest, 'signal'>,
    purpose: Purpose,
  ): AsyncIterable<readonly ListEntry[]> {
    const query = {
      prefix: this.#nameOf(key === '' ? prefix : `${key}/${prefix}`),
      delimiter: recursive ? undefined : '/',
      // One more, since others may have put something there that is no object of the store.
      maxResults: Math.min(limit + 1, pageSize),
      fields: 'items(name,size,timeCreated),prefixes,nextPageToken',
    };
    for (let pageToken: string | undefined, isLast = false; !isLast; isLast = pageToken === undefined) {
      const page = await this.send(purpose, () => this.#page({ ...query, pageToken }, purpose.signal));
      yield this.#entries(page);
      pageToken = page.nextPageToken;
    }
  }

  async #page(
    query: Readonly<Record<string, string | number | undefined>>,
    signal: AbortSignal | undefined,
  ): Promise<ListingPage> {
    try {
      return await this.#client.json<ListingPage>({ target: `${this.#bucketTarget}/o`, query, signal });
    } catch (error) {
      throw isStatus(error, 404) ? noSuchBucket(this.#location.bucket) : error;
    }
  }

  /** The objects and directories of a page of a listing, in order. */
  #entries({ items = [], prefixes = [] }: ListingPage): ListEntry[] {
    const files = items.map((item) => {
      const { size, modifiedAt } = storedStat(item);
      return { type: 'file' as const, path: this.#keyOf(item.name), size, modifiedAt };
    });
    const directories = prefixes.map((name) => ({ type: 'directory' as const, path: this.#keyOf(name).slice(0, -1) }));
    // Others may keep what cannot be an artifact here, such as the empty objects that stand for directories.
    const entries = [...files, ...directories].filter(({ path }) => keyProblem(path) === undefined);
    return directories.length === 0 ? entries : inOrder(entries);
  }

  /** Writes an object by one request. */
  #insert(key: string, bytes: Uint8Array, request: WriteRequest): Promise<StoredStat> {
    const boundary = randomUUID();
    const resource = { ...this.#resource(key, request), crc32c: `${new Crc32c().update(bytes)}` };
    const contentType = String(this.config.objectMetadata?.contentType ?? 'application/octet-stream');
    const body = Buffer.concat([
      Buffer.from(`--${boundary}\r\ncontent-type: ${json}\r\n\r\n${JSON.stringify(resource)}\r\n`),
      Buffer.from(`--${boundary}\r\ncontent-type: ${contentType}\r\n\r\n`),
      bytes,
      Buffer.from(`\r\n--${boundary}--`),
    ]);
    return this.send(this.#writing(key, request), async () => {
      const answer = await this.#post('multipart', `multipart/related; boundary=${boundary}`, body, request);
      return storedStat(parseJson<ObjectResource>(answer.body));
    });
  }

  /** Writes an object by a request for each of its chunks. */
  async #upload(
    key: string,
    first: Uint8Array,
    rest: AsyncGenerator<Uint8Array, undefined>,
    asked: WriteRequest,
  ): Promise<StoredStat> {
    // The own object is known by it, whatever became of the answer to its last chunk.
    const request = { ...asked, writeId: asked.writeId ?? randomUUID() };
    const session = await this.#begin(key, request);
    try {
      const stat = await this.#sendChunks(key, session, first, rest, request);
      if (session.isDamaged) {
        await this.#removeVersion(key, stat);
        throw this.refusal('UNAVAILABLE', 'its bytes were damaged on their way');
      }
      if (stat.sha256 === undefined) await this.#addDigest(key, stat, request);
      return stat;
    } catch (error) {
      await session.cancel(AbortSignal.timeout(cleanupTimeout)).catch(() => {});
      throw error;
    }
  }

  async #begin(key: string, request: WriteRequest): Promise<UploadSession> {
    const { signal } = request;
    const resource = JSON.stringify(this.#resource(key, request));
    const send = { operation: 'write', key, signal };
    const { headers } = await this.send(send, () => this.#post('resumable', json, resource, request));
    return new UploadSession(this.#client, headers.location ?? '');
  }

  /** Makes a new object, or begins to. */
  async #post(
    uploadType: 'multipart' | 'resumable',
    contentType: string,
    body: string | Uint8Array,
    request: WriteRequest,
  ): Promise<GcsAnswer> {
    const { kmsKeyName } = this.config;
    const asked = {
      method: 'POST',
      target: `/upload${this.#bucketTarget}/o`,
      query: { uploadType, ...this.#conditions(request), kmsKeyName, fields: objectFields },
      headers: { 'content-type': contentType },
      body,
      signal: request.signal,
    } as const;
    try {
      return await this.#bound(request, () => this.#client.ask(asked));
    } catch (error) {
      throw isStatus(error, 404) ? noSuchBucket(this.#location.bucket) : error;
    }
  }

  /** Sends chunks one after the other, and reads the next one meanwhile; gives the object that they make. */
  async #sendChunks(
    key: string,
    session: UploadSession,
    first: Uint8Array,
    rest: AsyncGenerator<Uint8Array, undefined>,
    request: WriteRequest,
  ): Promise<StoredStat> {
    const { writeId, signal } = request;
    const purpose = this.#writing(key, request);
    for (let chunk = first; ; ) {
      // Without a byte, where those before have been all.
      const isLast = chunk.byteLength < this.config.chunkSize;
      const sendChunk = session.take(chunk, isLast);
      const next = isLast ? undefined : rest.next();
      next?.catch(() => {});
      const stat = await this.send<StoredStat | 'incomplete' | 'gone'>(purpose, async () => {
        try {
          const object = await this.#bound(request, () => sendChunk(signal));
          return object === undefined ? 'incomplete' : storedStat(object);
        } catch (error) {
          if (isStatus(error, 404, 410)) return 'gone';
          throw error;
        }
      });
      if (typeof stat === 'object') return stat;
      if (stat === 'gone') {
        const written = isLast ? await this.findWritten(key, writeId, signal) : undefined;
        if (written !== undefined) return written;
        throw this.refusal('UNAVAILABLE', 'the service has given up the upload');
      }
      chunk = (await next)?.value ?? Buffer.alloc(0);
    }
  }

  /** Keeps the digest with an object that was uploaded before it was known. The object is written, whatever comes of it. */
  async #addDigest(key: string, { etag }: StoredStat, { digest, signal }: WriteRequest): Promise<void> {
    if (digest === undefined) return;
    const request = {
      method: 'PATCH',
      target: this.#objectTarget(key),
      query: { ifGenerationMatch: etag, fields: 'generation' },
      headers: { 'content-type': json },
      body: JSON.stringify({ metadata: metadataOf({ digest }) }),
      signal,
    } as const;
    await this.send({ operation: 'write', key, signal }, () => this.#client.ask(request)).catch(() => {});
  }

  async #removeVersion(key: string, { etag }: StoredStat): Promise<void> {
    const signal = AbortSignal.timeout(cleanupTimeout);
    const request = { method: 'DELETE', target: this.#objectTarget(key), query: { generation: etag }, signal } as const;
    await this.#client.ask(request).catch(() => {});
  }

  #writing(key: string, { writeId, signal }: WriteRequest): SendOptions<StoredStat> {
    const confirm = () => this.findWritten(key, writeId, signal);
    return { operation: 'write', key, signal, confirm: writeId === undefined ? undefined : confirm };
  }

  /** Tells which condition it was that did not hold. */
  async #bound<Result>({ ifAbsent }: CopyRequest, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (isStatus(error, 412)) throw this.refusal(ifAbsent ? 'ALREADY_EXISTS' : 'PRECONDITION_FAILED');
      throw error;
    }
  }

  #conditions({ ifAbsent, ifMatch }: Pick<CopyRequest, 'ifAbsent' | 'ifMatch'>) {
    if (ifAbsent) return { ifGenerationMatch: '0' };
    return ifMatch === undefined ? {} : { ifGenerationMatch: this.#generationOf(ifMatch) };
  }

  #generationOf(etag: string): string {
    // No object has another one, and 0 would stand for none.
    if (/^[1-9]\d{0,18}$/.test(etag)) return etag;
    throw this.refusal('PRECONDITION_FAILED');
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

  /** That an object is not there does not tell whether the bucket is. */
  async #checkBucket(signal: AbortSignal | undefined): Promise<void> {
    if (this.#bucketIsKnown) return;
    await this.#page({ maxResults: 1, fields: 'kind' }, signal);
    this.#bucketIsKnown = true;
  }

  /** What a new object is to have, beside its bytes. */
  #resource(key: string, request: WriteRequest): object {
    const { metadata, ...fields } = this.config.objectMetadata ?? {};
    return { ...fields, name: this.#nameOf(key), metadata: { ...(metadata as object), ...metadataOf(request) } };
  }

  get #client(): GcsClient {
    this.#openClient ??= new GcsClient(this.config, this.overrides as GcsOverrides);
    return this.#openClient;
  }

  get #bucketTarget(): string {
    return `/storage/v1/b/${this.#location.bucket}`;
  }

  #objectTarget(key: string): string {
    return `${this.#bucketTarget}/o/${encodeURIComponent(this.#nameOf(key))}`;
  }

  /** Where the XML API and signed URLs have an object. */
  #pathOf(key: string): string {
    return `/${[this.#location.bucket, ...this.#nameOf(key).split('/')].map(encodeSegment).join('/')}`;
  }

  #nameOf(key: string): string {
    return `${this.#location.prefix}${key}`;
  }

  #keyOf(name: string): string {
    return name.slice(this.#location.prefix.length);
  }
}

const json = 'application/json; charset=utf-8';

function isStatus(error: unknown, ...statuses: readonly number[]): boolean {
  return error instanceof GcsError && statuses.includes(error.status);
}

function noSuchBucket(bucket: string): StackError {
  return new StackError({
    code: 'ROOT_NOT_FOUND',
    message: `there is no bucket "${bucket}"`,
    hint: `Make it, or correct the path: gcloud storage buckets create gs://${bucket}`,
  });
}

/** As Google encodes what it signs: all but the unreserved characters of RFC 3986. */
function encodeSegment(segment: string): string {
  return encodeURIComponent(segment).replaceAll(
    /[!'()*]/g,
    (found) => `%${found.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function inOrder(entries: ListEntry[]): ListEntry[] {
  return entries
    .map((entry) => ({ entry, order: Buffer.from(entry.type === 'directory' ? `${entry.path}/` : entry.path) }))
    .sort((a, b) => Buffer.compare(a.order, b.order))
    .map(({ entry }) => entry);
}
