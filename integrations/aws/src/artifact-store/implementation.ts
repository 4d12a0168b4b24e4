import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type CompleteMultipartUploadRequest,
  GetObjectCommand,
  type HeadObjectOutput,
  type ListMultipartUploadsRequest,
  type ListObjectsV2Request,
  type ListPartsRequest,
  type Part,
  PutObjectCommand,
  type S3,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import {
  ArtifactStore,
  type ComponentContext,
  type CopyRequest,
  type ErrorCode,
  entriesOfPages,
  type Garbage,
  type GarbageRequest,
  KnownPlaces,
  keyProblem,
  type ListEntry,
  type ListRequest,
  type ObjectContent,
  type ProbeResult,
  type ReadRequest,
  type RemovalFailure,
  type SignedUrl,
  type SignRequest,
  type StoredStat,
  type StoreRequest,
  unhealthy,
  type WriteRequest,
} from '@stack/core';
import { requestOptions } from '../connection/request-options.ts';
import { bareEtag, ConditionalWrites, copySource, type EtagForm, formatEtag } from './conditional-writes.ts';
import type { S3ArtifactStoreConfig } from './config.ts';
import { listedEntries, wholeSeconds } from './listed-entries.ts';
import { type Parts, partsOfBytes, partsOfStream, withFirst } from './parts.ts';
import { createS3Client, noSuchBucket, timeOfAnswer } from './s3-client.ts';
import { s3ErrorCode } from './s3-error-code.ts';
import { type S3Location, s3Location } from './s3-location.ts';
import { SpooledFile } from './spooled-file.ts';
import { type SendPart, uploadInParts } from './upload-in-parts.ts';

/** Bytes that are read as a whole: it costs less than a stream. */
const smallRead = 256 * 1024;
/** Largest object that can be written, or copied, by one request. */
const largestRequest = 5 * 1024 ** 3;
/** Bytes that one request copies of a larger object. */
const copiedPartSize = 1024 ** 3;
const pageSize = 1000;
/** How often a write that is denied is sent, and milliseconds before the second time. */
const deniedAttempts = 3;
const deniedDelay = 20;
/** What the XML of a request for several keys cannot hold. */
const unfitForXml = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;
/** Milliseconds by which clocks may differ and yet be the same: the time of an answer is one of whole seconds, and some old. */
const knownDifference = 60_000;
/** In characters: longer than a segment of an artifact's key may be. */
const hiddenKeyLength = 250;

const sha256Metadata = 'stack-sha256';
const writeIdMetadata = 'stack-write-id';

/** What the answer to a request tells that committed an object. Some servers leave out the etag: it is empty then. */
interface Committed {
  readonly etag: string;
  readonly modifiedAt?: Date | undefined;
}

/** What is asked of the request that commits an object. */
type CommitRequest = CopyRequest & Partial<Pick<WriteRequest, 'isPlaceFree' | 'writeId'>>;

interface Connection {
  readonly client: S3;
  readonly conditions: ConditionalWrites;
}

/**
 * Artifacts in a bucket of S3, or of another store that speaks as S3 does.
 *
 * - What is smaller than a part is sent as a whole, with its length; what is larger in parts, some at once.
 * - A condition goes along with the one request that commits the object. Where the server ignores it there
 *   (`ConditionalWrites`), the object is put down on this disk and sent as a whole.
 * - S3 has no directories. So a write looks first whether its key is one, or lies below an object; what others write in
 *   the same moment is not seen.
 * - The SHA-256, where it is known before the upload begins, is kept in the metadata of the object.
 */
export default class S3ArtifactStore extends ArtifactStore<S3ArtifactStoreConfig> {
  readonly #location: S3Location;
  readonly #places = new KnownPlaces();
  #connecting: Promise<Connection> | undefined;
  #bucketIsKnown = false;

  constructor(context: ComponentContext<S3ArtifactStoreConfig>) {
    super(context);
    this.#location = s3Location(this.root);
  }

  override async probe(): Promise<ProbeResult> {
    try {
      const { client, conditions } = await this.#connect();
      const object = { Bucket: this.#location.bucket, Key: this.#hiddenKey() };
      await client.putObject({ ...object, Body: 'probe' });
      try {
        const { Body } = await client.getObject(object);
        if ((await Body?.transformToString()) !== 'probe') {
          return { healthy: false, message: `${this.root} does not give back what is written.` };
        }
      } finally {
        await client.deleteObject(object);
      }
      const isConditional = (await conditions.ifAbsent()) && (await conditions.ifMatch()) !== undefined;
      const gap = isConditional ? '' : ' Its server ignores conditions of writes, so that those are refused.';
      return { healthy: true, message: `${this.root} can be written and read.${gap}` };
    } catch (error) {
      return unhealthy(error);
    }
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    const connection = await this.#connecting?.catch(() => undefined);
    connection?.client.destroy();
  }

  protected override async doRead(key: string, { start, end, ifMatch, signal }: ReadRequest): Promise<ObjectContent> {
    const { client } = await this.#connect();
    const isWhole = start === 0 && end === undefined;
    const last = end === undefined ? '' : end - 1;
    try {
      const output = await client.getObject(
        {
          ...this.#object(key),
          ...(!isWhole && { Range: `bytes=${start}-${last}` }),
          ...(ifMatch !== undefined && { IfMatch: this.#etagCondition(ifMatch, 'quoted') }),
        },
        requestOptions(signal),
      );
      const { Body, ContentLength = 0, ContentRange } = output;
      const size = ContentRange === undefined ? ContentLength : Number(ContentRange.split('/')[1]);
      const stat = storedStat(output, size);
      if (Body === undefined) return { stat, body: Buffer.alloc(0) };
      const body = Body as Readable;
      return { stat, body: ContentLength <= smallRead ? Buffer.concat(await body.toArray()) : body };
    } catch (error) {
      if (!isNamed(error, 'InvalidRange')) throw error;
      // The range lies behind the end.
      const stat = await this.doStat(key, { signal });
      if (stat === undefined) throw this.refusal('NOT_FOUND');
      if (ifMatch !== undefined && stat.etag !== ifMatch) throw this.refusal('PRECONDITION_FAILED');
      return { stat, body: Buffer.alloc(0) };
    }
  }

  protected override async doWrite(
    key: string,
    source: Uint8Array | Readable,
    request: WriteRequest,
  ): Promise<StoredStat> {
    const { partSize } = this.config;
    const checking = this.#checkPlace(key, request);
    checking.catch(() => {});
    const isStream = !(source instanceof Uint8Array);
    const parts = isStream ? partsOfStream(source, partSize) : partsOfBytes(source, partSize);
    const first = (await parts.next()) ?? Buffer.alloc(0);
    await checking;
    if (first.byteLength < partSize) return this.#put(key, first, first.byteLength, request);
    const { conditions } = await this.#connect();
    const all = withFirst(first, parts);
    if (!isConditional(request) || (await conditions.completion())) return this.#upload(key, all, request);
    if (!isStream) return this.#put(key, source, source.byteLength, request);
    await using file = await SpooledFile.write(all, largestRequest);
    return await this.#put(key, file, file.size, request);
  }

  protected override async doStat(key: string, { signal }: StoreRequest): Promise<StoredStat | undefined> {
    const { client } = await this.#connect();
    try {
      const output = await client.headObject(this.#object(key), requestOptions(signal));
      return storedStat(output, output.ContentLength ?? 0);
    } catch (error) {
      if (!isNamed(error, 'NotFound', 'NoSuchKey')) throw error;
      await this.#checkBucket(signal);
      return undefined;
    }
  }

  protected override doList(key: string, request: ListRequest): AsyncIterable<ListEntry> {
    return entriesOfPages(this.#pages(key, request), request);
  }

  protected override async doRemove(
    keys: readonly string[],
    { signal }: StoreRequest,
  ): Promise<readonly RemovalFailure[]> {
    const { client } = await this.#connect();
    const asked = keys.length === 1 ? [] : keys.filter((key) => !unfitForXml.test(key));
    const single = keys.length === 1 ? keys : keys.filter((key) => unfitForXml.test(key));
    const failures: RemovalFailure[] = [];
    if (asked.length > 0) {
      const Objects = asked.map((key) => ({ Key: this.#object(key).Key }));
      const removal = { Bucket: this.#location.bucket, Delete: { Quiet: true, Objects } };
      const { Errors = [] } = await client.deleteObjects(removal, requestOptions(signal));
      for (const { Key = '', Code = '', Message } of Errors) {
        failures.push({
          key: this.#pathOf(Key),
          error: Object.assign(new Error(Message || Code), { name: Code }),
        });
      }
    }
    await Promise.all(
      single.map((key) =>
        client
          .deleteObject(this.#object(key), requestOptions(signal))
          .catch((error: unknown) => failures.push({ key, error })),
      ),
    );
    const [failure] = failures;
    if (failure !== undefined && failures.length === keys.length) throw failure.error;
    return failures;
  }

  protected override async doCopy(from: string, to: string, request: CopyRequest): Promise<StoredStat> {
    const { signal } = request;
    const { client, conditions } = await this.#connect();
    const source = await this.send({ operation: 'stat', key: from, signal }, () => this.doStat(from, { signal }));
    if (source === undefined) throw this.refusal('NOT_FOUND');
    if (isConditional(request) && !(await conditions.copy())) return super.doCopy(from, to, request);
    await this.#checkPlace(to, request);
    const CopySource = copySource(this.#location.bucket, this.#object(from).Key);
    if (source.size > largestRequest) return this.#copyInParts(source, CopySource, to, request);
    const copy = { ...this.#object(to), ...this.#parameters(), CopySource, ...(await this.#conditions(request)) };
    const { CopyObjectResult: { ETag, LastModified } = {} } = await this.#bound(to, request, () =>
      client.copyObject(copy, requestOptions(signal)),
    );
    const etag = bareEtag(ETag);
    const modifiedAt = LastModified && wholeSeconds(LastModified);
    const stat = await this.#written(to, source.size, { etag, modifiedAt }, request);
    if (etag === source.etag) return { sha256: source.sha256, ...stat };
    // The source may have been replaced since it was looked at; or the server makes another etag of the same bytes.
    return (await this.#lookAt(to, signal)) ?? stat;
  }

  protected override async doSignUrl(key: string, { method, expiresIn }: SignRequest): Promise<SignedUrl> {
    const { client } = await this.#connect();
    const expiresAt = new Date(Date.now() + expiresIn * 1000);
    if (method === 'get') {
      return {
        url: await getSignedUrl(client, new GetObjectCommand(this.#object(key)), { expiresIn }),
        headers: {},
        expiresAt,
      };
    }
    const { serverSideEncryption, kmsKeyId } = this.config;
    // S3 takes these as headers alone, so that whoever has the URL has to send them.
    const headers = {
      ...(serverSideEncryption !== undefined && { 'x-amz-server-side-encryption': serverSideEncryption }),
      ...(kmsKeyId !== undefined && { 'x-amz-server-side-encryption-aws-kms-key-id': kmsKeyId }),
    };
    const command = new PutObjectCommand({ ...this.#object(key), ...this.#parameters() });
    const unhoistableHeaders = new Set(Object.keys(headers));
    return { url: await getSignedUrl(client, command, { expiresIn, unhoistableHeaders }), headers, expiresAt };
  }

  protected override async *doCollectGarbage({ before, dryRun, signal }: GarbageRequest): AsyncIterable<Garbage> {
    const { client } = await this.#connect();
    const { bucket: Bucket, prefix: Prefix } = this.#location;
    const send = <Result>(request: () => Promise<Result>) =>
      this.send({ operation: 'garbage collection', key: '', signal }, request);
    for (let marker: Pick<ListMultipartUploadsRequest, 'KeyMarker' | 'UploadIdMarker'> | undefined = {}; marker; ) {
      const request: ListMultipartUploadsRequest = { Bucket, Prefix, ...marker };
      const page = await send(() => client.listMultipartUploads(request, requestOptions(signal)));
      const limit = onClockOf(page, before);
      for (const { Key = '', UploadId = '', Initiated = limit } of page.Uploads ?? []) {
        if (Initiated >= limit) continue;
        const upload = { Bucket, Key, UploadId };
        const parts = await send(() => this.#partsOf(upload, signal));
        const modifiedAt = new Date(Math.max(Number(Initiated), ...parts.map((part) => Number(part.LastModified))));
        if (modifiedAt >= limit) continue;
        if (!dryRun) await send(() => client.abortMultipartUpload(upload, requestOptions(signal)));
        const size = parts.reduce((sum, part) => sum + (part.Size ?? 0), 0);
        const path = this.#pathOf(Key);
        const isPath = keyProblem(path) === undefined;
        yield { kind: 'multipart-upload', id: UploadId, ...(isPath && { path }), size, modifiedAt };
      }
      const { IsTruncated, NextKeyMarker, NextUploadIdMarker } = page;
      marker = IsTruncated ? { KeyMarker: NextKeyMarker, UploadIdMarker: NextUploadIdMarker } : undefined;
    }
  }

  protected override mapError(error: unknown): ErrorCode | undefined {
    return s3ErrorCode(error);
  }

  /** Writes an object by one request. */
  async #put(key: string, body: Uint8Array | SpooledFile, size: number, request: WriteRequest): Promise<StoredStat> {
    const { signal } = request;
    const { client } = await this.#connect();
    const object = {
      ...this.#object(key),
      ...this.#parameters({ sha256: request.digest?.sha256, writeId: request.writeId }),
      ...(await this.#conditions(request)),
      ...(body instanceof SpooledFile && { ContentMD5: body.md5 }),
    };
    const committed = await this.#sendBound(key, request, request.writeId, async () => {
      const Body = body instanceof SpooledFile ? body.read() : body;
      const answer = await client.putObject({ ...object, Body, ContentLength: size }, requestOptions(signal));
      // The time of the write itself would take another request.
      return { etag: bareEtag(answer.ETag), modifiedAt: timeOfAnswer(answer) };
    });
    return this.#written(key, size, committed, request);
  }

  /** Writes an object by a request for each of its parts. */
  async #upload(key: string, parts: Parts, request: WriteRequest): Promise<StoredStat> {
    const { client } = await this.#connect();
    let size = 0;
    const nextPart = async (): Promise<SendPart | undefined> => {
      const bytes = await parts.next();
      if (bytes === undefined) return undefined;
      size += bytes.byteLength;
      return async (part, options) => {
        const sent = await client.uploadPart({ ...part, Body: bytes }, options);
        parts.release(bytes);
        return sent;
      };
    };
    const sha256 = request.digest?.sha256;
    const committed = await this.#inParts(key, { sha256 }, request, nextPart, () => parts.close());
    return this.#written(key, size, committed, request);
  }

  async #copyInParts(source: StoredStat, CopySource: string, to: string, request: CopyRequest): Promise<StoredStat> {
    const { client } = await this.#connect();
    let position = 0;
    const nextPart = async (): Promise<SendPart | undefined> => {
      const start = position;
      if (start >= source.size) return undefined;
      position = Math.min(start + copiedPartSize, source.size);
      const copy = {
        CopySource,
        CopySourceRange: `bytes=${start}-${position - 1}`,
        CopySourceIfMatch: this.#etagCondition(source.etag, 'quoted'),
      };
      return async (part, options) => (await client.uploadPartCopy({ ...part, ...copy }, options)).CopyPartResult ?? {};
    };
    const committed = await this.#inParts(to, { sha256: source.sha256 }, request, nextPart, () => {});
    return this.#written(to, source.size, committed, request);
  }

  async #inParts(
    key: string,
    { sha256 }: { readonly sha256: string | undefined },
    request: CommitRequest,
    nextPart: () => Promise<SendPart | undefined>,
    close: () => void,
  ): Promise<Committed> {
    const { signal } = request;
    const { client } = await this.#connect();
    // An upload that was completed can be told by it, when the answer was lost.
    const writeId = request.writeId ?? randomUUID();
    const hasChecksums = (await client.config.requestChecksumCalculation()) === 'WHEN_SUPPORTED';
    const complete = async (upload: CompleteMultipartUploadRequest) => {
      await this.#checkPlace(key, request);
      const bound = { ...upload, ...(await this.#conditions(request)) };
      return this.#sendBound(key, request, writeId, async () => {
        try {
          const { ETag } = await client.completeMultipartUpload(bound, requestOptions(signal));
          return { etag: bareEtag(ETag) };
        } catch (error) {
          if (!isNamed(error, 'NoSuchUpload')) throw error;
          throw this.refusal('NOT_FOUND', 'its parts are gone: another program has given up the upload');
        }
      });
    };
    return uploadInParts({
      client,
      object: {
        ...this.#object(key),
        ...this.#parameters({ sha256, writeId }),
        ...(hasChecksums && { ChecksumAlgorithm: 'CRC32' as const }),
      },
      concurrency: this.config.partConcurrency,
      signal,
      send: (stop, send) => this.send({ operation: 'write', key, signal: stop }, send),
      nextPart,
      close,
      complete,
    });
  }

  /** Sends the request that commits an object, bound to conditions. */
  async #sendBound(
    key: string,
    request: CopyRequest,
    writeId: string | undefined,
    commit: () => Promise<Committed>,
  ): Promise<Committed> {
    const { ifMatch, signal } = request;
    const confirm = () => this.findWritten(key, writeId, signal);
    const send = { operation: 'write', key, signal, ...(writeId !== undefined && { confirm }) };
    return this.send(send, () =>
      this.#bound(key, request, commit).catch(async (error: unknown) => {
        if (ifMatch === undefined || !(await this.#mayHaveLost(error))) throw error;
        const stat = await this.doStat(key, { signal });
        if (stat?.writeId !== undefined && stat.writeId === writeId) return stat;
        throw stat?.etag === ifMatch ? error : this.refusal('PRECONDITION_FAILED');
      }),
    );
  }

  /** Whether an error may be how a server tells who loses a race for an etag: Ceph has no name for it. */
  async #mayHaveLost(error: unknown): Promise<boolean> {
    const { conditions } = await this.#connect();
    return isNamed(error, 'UnknownError') && (await conditions.ifMatch()) === 'bare';
  }

  /** Commits an object, and tells which condition it was that did not hold. */
  async #bound<Result>(
    key: string,
    { ifAbsent, ifMatch }: CopyRequest,
    commit: () => Promise<Result>,
  ): Promise<Result> {
    try {
      return await this.#untilAllowed(commit);
    } catch (error) {
      if (ifAbsent && isNamed(error, 'PreconditionFailed')) throw this.refusal('ALREADY_EXISTS');
      // AWS does not find an object that is not there, rather than that it has another etag.
      if (ifMatch !== undefined && isNamed(error, 'PreconditionFailed', 'NoSuchKey')) {
        throw this.refusal('PRECONDITION_FAILED');
      }
      throw error;
    } finally {
      this.#places.wrote(key);
    }
  }

  /**
   * Sends a request again that was denied: MinIO denies a write now and then while the last other object of its directory is
   * removed. What is denied was not done, so that this takes nothing for what it is not.
   */
  async #untilAllowed<Result>(request: () => Promise<Result>): Promise<Result> {
    const { client } = await this.#connect();
    for (let attempt = 1; ; attempt++) {
      try {
        return await request();
      } catch (error) {
        const mayPass = isNamed(error, 'AccessDenied') && client.config.isCustomEndpoint;
        if (!mayPass || attempt === deniedAttempts) throw error;
        await delay(attempt * deniedDelay);
      }
    }
  }

  /** The conditions of a request that commits an object. */
  async #conditions({ ifAbsent, ifMatch }: CopyRequest): Promise<{ IfNoneMatch?: '*'; IfMatch?: string }> {
    const { conditions } = await this.#connect();
    if (ifAbsent) {
      if (await conditions.ifAbsent()) return { IfNoneMatch: '*' };
      throw this.refusal('CAPABILITY_UNSUPPORTED', 'the server ignores If-None-Match, and would overwrite an object');
    }
    if (ifMatch === undefined) return {};
    const form = await conditions.ifMatch();
    if (form !== undefined) return { IfMatch: this.#etagCondition(ifMatch, form) };
    throw this.refusal('CAPABILITY_UNSUPPORTED', 'the server ignores If-Match, and would overwrite any object');
  }

  #etagCondition(etag: string, form: EtagForm): string {
    // No object has another one, and "*" alone would fit each.
    if (!/^[!#-~]+$/.test(etag) || etag === '*') throw this.refusal('PRECONDITION_FAILED');
    return formatEtag(etag, form);
  }

  /** The stat of what was written. The object is looked at for what the answer did not tell. */
  async #written(
    key: string,
    size: number,
    { etag, modifiedAt }: Committed,
    { signal }: StoreRequest,
  ): Promise<StoredStat> {
    if (etag !== '' && modifiedAt !== undefined) return { size, etag, modifiedAt };
    const stat = await this.#lookAt(key, signal);
    // Somebody may have written over it since.
    if (stat !== undefined && (stat.etag === etag || etag === '')) return stat;
    return { size, etag, modifiedAt: wholeSeconds(new Date()) };
  }

  /** The stat of what was written. It is written, whether or not it can be looked at. */
  async #lookAt(key: string, signal: AbortSignal | undefined): Promise<StoredStat | undefined> {
    return this.send({ operation: 'stat', key, signal }, () => this.doStat(key, { signal })).catch(() => undefined);
  }

  /** The entries of a listing, as the server gives them. */
  async *#pages(
    key: string,
    { recursive, prefix, limit = pageSize, signal }: ListRequest,
  ): AsyncIterable<readonly ListEntry[]> {
    const { client } = await this.#connect();
    const request: ListObjectsV2Request = {
      Bucket: this.#location.bucket,
      Prefix: `${this.#location.prefix}${key === '' ? '' : `${key}/`}${prefix}`,
      // One more, since others may have put something there that is no object of the store.
      MaxKeys: Math.min(limit + 1, pageSize),
      EncodingType: 'url',
      ...(!recursive && { Delimiter: '/' }),
    };
    for (let token: string | undefined, more = true; more; more = token !== undefined) {
      const next = token === undefined ? {} : { ContinuationToken: token };
      const page = await this.send({ operation: 'listing', key, signal }, () =>
        client.listObjectsV2({ ...request, ...next }, requestOptions(signal)),
      );
      yield listedEntries(page, this.#location.prefix);
      token = page.IsTruncated ? page.NextContinuationToken : undefined;
    }
  }

  /** Refuses a key that is the directory of other objects, or lies below an object. */
  async #checkPlace(key: string, { ifMatch, isPlaceFree, signal }: CommitRequest): Promise<void> {
    // What is written over the object of an etag was looked at when that was written.
    if (ifMatch !== undefined || isPlaceFree) return;
    const isFree = await this.#places.isFree(key, {
      isFree: () => this.#isFree(key, signal),
      isBelowObject: () => this.#isBelowObject(key, signal),
      siblings: (limit) => this.#siblings(key, limit, signal),
    });
    if (!isFree) throw this.refusal('PATH_CONFLICT');
  }

  async #isFree(key: string, signal: AbortSignal | undefined): Promise<boolean> {
    const { client } = await this.#connect();
    const { bucket: Bucket, prefix } = this.#location;
    const send = <Result>(request: () => Promise<Result>) => this.send({ operation: 'write', key, signal }, request);
    /** The first key of an object that begins with a text and comes after another key. */
    const firstKey = async (beginning: string, after?: string): Promise<string | undefined> => {
      const request: ListObjectsV2Request = {
        Bucket,
        Prefix: `${prefix}${beginning}`,
        EncodingType: 'url',
        ...(after !== undefined && { StartAfter: `${prefix}${after}` }),
      };
      for (let MaxKeys = 1; ; MaxKeys = pageSize) {
        const page = await send(() => client.listObjectsV2({ ...request, MaxKeys }, requestOptions(signal)));
        const [first] = listedEntries(page, prefix);
        if (first !== undefined || !page.IsTruncated) return first?.path;
        request.ContinuationToken = page.NextContinuationToken;
      }
    };
    const directory = directoryOf(key);
    // The first key that comes after "<key>/", or is below it.
    const next = await firstKey(directory, `${key}.\u{10FFFF}`);
    if (next?.startsWith(`${key}/`)) return false;
    const isBetween = next?.startsWith(`${key}.`);
    if (isBetween && (await firstKey(`${key}/`)) !== undefined) return false;
    // With another key its directory is one already, so that no object is above.
    return next !== undefined || !(await this.#isBelowObject(key, signal));
  }

  async #isBelowObject(key: string, signal: AbortSignal | undefined): Promise<boolean> {
    const directory = directoryOf(key);
    const parents = [...directory.matchAll(/\//g)].map(({ index }) => directory.slice(0, index));
    const stats = await Promise.all(
      parents.map((parent) => this.send({ operation: 'write', key, signal }, () => this.doStat(parent, { signal }))),
    );
    return stats.some((stat) => stat !== undefined);
  }

  async #siblings(key: string, limit: number, signal: AbortSignal | undefined): Promise<readonly ListEntry[]> {
    const entries: ListEntry[] = [];
    const request = { recursive: false, prefix: '', limit, signal };
    for await (const entry of this.doList(directoryOf(key).slice(0, -1), request)) {
      entries.push(entry);
      if (entries.length === limit) break;
    }
    return entries;
  }

  /** What a new object is to have, beside its bytes. */
  #parameters(metadata: { readonly sha256?: string | undefined; readonly writeId?: string | undefined } = {}) {
    const { uploadParameters = {}, serverSideEncryption, kmsKeyId } = this.config;
    const { sha256, writeId } = metadata;
    return {
      ...uploadParameters,
      ...(serverSideEncryption !== undefined && { ServerSideEncryption: serverSideEncryption }),
      ...(kmsKeyId !== undefined && { SSEKMSKeyId: kmsKeyId }),
      Metadata: {
        ...(uploadParameters.Metadata as Record<string, string> | undefined),
        ...(sha256 !== undefined && { [sha256Metadata]: sha256 }),
        ...(writeId !== undefined && { [writeIdMetadata]: writeId }),
      },
    };
  }

  async #partsOf(upload: ListPartsRequest, signal: AbortSignal | undefined): Promise<readonly Part[]> {
    const { client } = await this.#connect();
    const parts: Part[] = [];
    for (let marker: string | undefined, more = true; more; more = marker !== undefined) {
      const page = await client.listParts({ ...upload, PartNumberMarker: marker }, requestOptions(signal));
      parts.push(...(page.Parts ?? []));
      marker = page.IsTruncated ? page.NextPartNumberMarker : undefined;
    }
    return parts;
  }

  /** That an object is not there does not tell whether the bucket is. */
  async #checkBucket(signal: AbortSignal | undefined): Promise<void> {
    if (this.#bucketIsKnown) return;
    const { client } = await this.#connect();
    try {
      await client.headBucket({ Bucket: this.#location.bucket }, requestOptions(signal));
    } catch (error) {
      if (isNamed(error, 'NotFound', 'NoSuchBucket')) throw noSuchBucket(this.#location.bucket);
      // Who may not look at the bucket may use it all the same.
      if (this.mapError(error) !== 'ACCESS_DENIED') throw error;
    }
    this.#bucketIsKnown = true;
  }

  #object(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.#location.bucket, Key: `${this.#location.prefix}${key}` };
  }

  #pathOf(key: string): string {
    return key.slice(this.#location.prefix.length);
  }

  /** The key of an object that no artifact can have, so that no listing shows it. */
  #hiddenKey(): string {
    return this.#object(`.stack-probe-${randomUUID()}`.padEnd(hiddenKeyLength, '~')).Key;
  }

  async #connect(): Promise<Connection> {
    const { requestHandler } = this.overrides as Pick<S3ClientConfig, 'requestHandler'>;
    this.#connecting ??= createS3Client(this.config, requestHandler).then((client) => ({
      client,
      conditions: new ConditionalWrites(client, this.#location.bucket, () => this.#hiddenKey()),
    }));
    return this.#connecting;
  }
}

/** A time of this machine on the clock of the server that gave an answer: either may be wrong, by days even. */
function onClockOf(answer: object, time: Date): Date {
  const now = Date.now();
  const difference = (timeOfAnswer(answer)?.getTime() ?? now) - now;
  return Math.abs(difference) < knownDifference ? time : new Date(time.getTime() + difference);
}

/** The beginning of all keys that lie in the directory of a key: empty, or with a `/` at its end. */
function directoryOf(key: string): string {
  return key.slice(0, key.lastIndexOf('/') + 1);
}

function isConditional({ ifAbsent, ifMatch }: CopyRequest): boolean {
  return ifAbsent || ifMatch !== undefined;
}

function storedStat(
  {
    ETag = '',
    LastModified = new Date(0),
    Metadata = {},
  }: Pick<HeadObjectOutput, 'ETag' | 'LastModified' | 'Metadata'>,
  size: number,
): StoredStat {
  const { [sha256Metadata]: sha256, [writeIdMetadata]: writeId } = Metadata;
  return { size, modifiedAt: LastModified, etag: bareEtag(ETag), sha256, writeId };
}

function isNamed(error: unknown, ...names: readonly string[]): boolean {
  return error instanceof Error && names.includes(error.name);
}
