import { randomUUID } from 'node:crypto';
import { Readable, Writable } from 'node:stream';
import { type ComponentContext, StackComponent } from '../component/stack-component.ts';
import type { ArtifactStoreConfig } from '../config/artifact-store-config.ts';
import { type ErrorCode, StackError } from '../errors/index.ts';
import { artifactKey, keyProblem, relativeToRoot } from './artifact-key.ts';
import { checkDigest, checkPromise, sha256Of } from './digest.ts';
import { failureSituations, isRefusal } from './failure-situations.ts';
import { globMatcher, globScope } from './glob.ts';
import { downloadFolder, uploadFolder } from './local-folder.ts';
import { compareEntries, type ListEntry, type ObjectStat, objectStat, type StoredStat } from './object-stat.ts';
import { ObjectStream, type ObjectStreamOptions } from './object-stream.ts';
import { removalError } from './removal-error.ts';
import { RequestSender } from './request-sender.ts';
import type {
  CopyRequest,
  Garbage,
  GarbageRequest,
  ListRequest,
  ObjectContent,
  ReadRequest,
  RemovalFailure,
  SendOptions,
  SignedUrl,
  SignRequest,
  StoreRequest,
  WriteRequest,
} from './requests.ts';
import { SourceStream } from './source-stream.ts';

export interface OperationOptions {
  /** Cancels the operation, which then rejects with `ABORTED` and leaves nothing half done. */
  readonly signal?: AbortSignal | undefined;
}

export interface ReadOptions extends OperationOptions {
  /** First byte, from 0. Default 0. */
  readonly start?: number | undefined;
  /** Byte after the last one. Default: the end of the object. */
  readonly end?: number | undefined;
  /** Read only the object of this etag; else `PRECONDITION_FAILED`. */
  readonly ifMatch?: string | undefined;
  /**
   * The SHA-256 that the object has to have, 64 hexadecimal digits in lower case; else `INTEGRITY`. For whole objects.
   * Default: the one that the store knows, where it knows one.
   */
  readonly sha256?: string | undefined;
}

export interface CopyOptions extends OperationOptions {
  /** Write only when there is nothing at the path; else `ALREADY_EXISTS`. Not together with `ifMatch`. */
  readonly ifAbsent?: boolean | undefined;
  /** Write only over the object of this etag; else `PRECONDITION_FAILED`, also where there is none. */
  readonly ifMatch?: string | undefined;
}

export interface WriteOptions extends CopyOptions {
  /** Whether to compute the SHA-256 of the bytes on their way, and keep it where the store can. Default `false`. */
  readonly digest?: boolean | undefined;
  /**
   * The SHA-256 that the bytes have to have, 64 hexadecimal digits in lower case; else `INTEGRITY`, and nothing is
   * written.
   */
  readonly sha256?: string | undefined;
}

export interface SignedUrlOptions extends OperationOptions {
  /** What the URL allows: to read the object, or to write it. Default `get`. */
  readonly method?: 'get' | 'put' | undefined;
  /** Seconds from now on, 1 to 604,800, which are seven days. Default 900. */
  readonly expiresIn?: number | undefined;
}

export interface DirectoryOptions extends OperationOptions {
  /** How many files are under way at once, at least 1. Default 16. */
  readonly concurrency?: number | undefined;
}

export interface GarbageOptions extends OperationOptions {
  /** Milliseconds since it was begun or last written to. Default: a day. */
  readonly olderThan?: number | undefined;
  /** Only say what would be removed. Default `false`. */
  readonly dryRun?: boolean | undefined;
}

type ByteStream = Readable | AsyncIterable<Uint8Array | string>;

/**
 * What can be written: bytes, which must not change meanwhile; text, as UTF-8; a stream of either, whose length need not
 * be known; or a function that opens such a stream, anew each time that the write is tried.
 */
export type WriteSource = Uint8Array | string | ByteStream | (() => ByteStream);

/** How an object is written, alone or with others. */
interface ObjectWriteOptions extends WriteOptions, Pick<WriteRequest, 'isPlaceFree'> {}

/** An object that was opened, and what there is to know of its bytes. */
interface OpenObject extends Pick<ObjectStreamOptions, 'body' | 'start' | 'end' | 'sha256' | 'signal'> {
  readonly etag: string;
}

/** Keys that are removed by one request, at most. */
const removalBatch = 1000;
const longestSignature = 604_800;
const millisecondsPerDay = 86_400_000;

/**
 * The contract of all artifact stores. Everything public is written once, here, over the protected `do...` primitives
 * that a flavor implements, so that every store behaves alike:
 *
 * - **Paths.** A path is a URI below `config.path`, or is relative to it. `artifactKey` has the rules for what it may
 *   be, the same for every backend: `PATH_OUTSIDE_STORE`, `PATH_INVALID`.
 * - **Directories** are prefixes: they exist while something is below them. No object is the directory of others
 *   (`PATH_CONFLICT`). A backend that has no directories is asked before a write, so that the write sees everything that
 *   its component has written, and what others had written two seconds before. When two components that write less apart
 *   get in each other's way, both objects may be there, to be read and removed by their keys.
 * - **Writes are atomic.** A reader sees the old bytes or the new ones, never a mixture. A write that fails or is aborted
 *   leaves what was there, and nothing else; what a killed process leaves is never seen, and `collectGarbage` removes it.
 * - **Reads are complete.** A connection that breaks is opened again at the byte where it broke, and only on the same
 *   version of the object; what cannot be gone on with is `UNAVAILABLE`, never a short read. A whole object is checked
 *   against its SHA-256 where the store knows it, or the caller does (`INTEGRITY`).
 * - **Listings** are complete, and in the order of the UTF-8 bytes of the keys, that of a directory counting with a `/` at
 *   its end. What others have put below the root under a name that no path can have is left out.
 * - **Errors** are `StackError`s, of one code for one situation whatever the backend, with operation, path and component
 *   in the message, and no credentials. What the source of a write throws is passed on as it is.
 * - **Retries.** What fails with `UNAVAILABLE`, `TIMEOUT` or `THROTTLED` is tried again, as `config.retry` says, with
 *   exponential backoff and full jitter. A write is, unless its source is a stream, which is consumed after the first
 *   attempt; a part of an upload may be. An operation that is bound to a condition never takes its own success for
 *   another's: when the outcome of an attempt was lost and a later one is refused, the object is looked at. Where it
 *   shows to be that of this write, the write has succeeded; where that cannot be told, the code is that of the lost
 *   attempt, which says that the outcome is not known. `ALREADY_EXISTS` and `PRECONDITION_FAILED` thus always mean
 *   another's object.
 */
export abstract class ArtifactStore<
  Config extends ArtifactStoreConfig = ArtifactStoreConfig,
  Settings extends object = object,
> extends StackComponent<Config, Settings> {
  /** The root of the store without a `/` at its end: a URI, or an absolute path. */
  readonly root: string;
  readonly #sender: RequestSender;
  /** Failures of reads whose object was replaced meanwhile. */
  readonly #replacements = new WeakSet<object>();

  constructor(context: ComponentContext<Config, Settings>) {
    super(context);
    this.root = this.resolveRoot(context.config.path);
    this.#sender = new RequestSender(this, context.config.retry, (error) => this.mapError(error));
  }

  /** The absolute form of a path below the root. */
  resolve(path: string): string {
    const key = this.#key(path);
    return key === '' ? this.root : `${this.root}/${key}`;
  }

  /**
   * The bytes, all of one version of the object: it is read anew when it is replaced meanwhile.
   *
   * @throws NOT_FOUND
   * @throws PRECONDITION_FAILED when `ifMatch` is set and the object is another
   * @throws INTEGRITY when the bytes do not have their digest
   */
  async read(path: string, options: ReadOptions = {}): Promise<Buffer> {
    const key = this.#objectKey(path);
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#readAll(key, options);
      } catch (error) {
        // Nobody has seen the bytes of the one before.
        const isReplaced = this.#replacements.has(error as object);
        if (!isReplaced || options.ifMatch !== undefined || attempt >= this.config.retry.attempts) throw error;
      }
    }
  }

  /** The object as UTF-8 text. @throws what `read` throws */
  async readText(path: string, options: Omit<ReadOptions, 'start' | 'end'> = {}): Promise<string> {
    return (await this.read(path, options)).toString('utf8');
  }

  /**
   * A stream of the object's bytes.
   *
   * @throws NOT_FOUND and PRECONDITION_FAILED before the stream is returned; what goes wrong later, in the stream, has the
   *   same codes as in `read`
   */
  async openRead(path: string, options: ReadOptions = {}): Promise<Readable> {
    const key = this.#objectKey(path);
    return this.#stream(key, await this.#open(key, options));
  }

  /**
   * A stream into the object. The object appears, as a whole, when the stream has finished; destroying the stream
   * leaves what was there before.
   */
  async openWrite(path: string, options: WriteOptions = {}): Promise<Writable> {
    const key = this.#objectKey(path);
    const source = new SourceStream(options);
    const written = this.#writeStream(key, () => source, options, 1);
    // The error reaches the writer through `final`, or through `destroy` when it comes before.
    written.catch((error: Error) => stream.destroy(error));
    const stream = new Writable({
      write: (chunk: Buffer, encoding, done) => {
        if (source.write(chunk, encoding)) done();
        else source.once('drain', done);
      },
      final: (done) => {
        source.end();
        written.then(() => done(), done);
      },
      destroy: (error, done) => {
        source.destroy(error ?? new Error('The stream was destroyed before it ended.'));
        written.then(
          () => done(error),
          () => done(error),
        );
      },
    });
    return stream;
  }

  /**
   * @returns the stat of what was written, with `sha256` where `digest` or `sha256` is set
   * @throws ALREADY_EXISTS when `ifAbsent` is set and something is there
   * @throws PRECONDITION_FAILED when `ifMatch` is set and the object is another
   * @throws PATH_CONFLICT when the path is a directory, or lies below an object
   * @throws INTEGRITY when the bytes do not have the `sha256` that was promised
   */
  async write(path: string, source: WriteSource, options: WriteOptions = {}): Promise<ObjectStat> {
    return this.#write(this.#objectKey(path), source, options);
  }

  /** Whether there is an object or a directory at the path. */
  async exists(path: string, { signal }: OperationOptions = {}): Promise<boolean> {
    const key = this.#key(path);
    if (key === '') return true;
    return (await this.#stat(key, signal)) !== undefined || (await this.isDirectory(path, { signal }));
  }

  /** Whether something is below the path. The root always is a directory. */
  async isDirectory(path: string, { signal }: OperationOptions = {}): Promise<boolean> {
    const key = this.#key(path);
    if (key === '') return true;
    for await (const _ of this.#list(path, { recursive: true, prefix: '', limit: 1, signal })) return true;
    return false;
  }

  /** @throws NOT_FOUND when there is no object; a directory is none */
  async stat(path: string, { signal }: OperationOptions = {}): Promise<ObjectStat> {
    const key = this.#objectKey(path);
    const stat = await this.#stat(key, signal);
    if (stat === undefined) throw this.#sender.failure({ operation: 'stat', key, signal }, this.refusal('NOT_FOUND'));
    return objectStat(stat);
  }

  /** Size of an object, in bytes. @throws NOT_FOUND */
  async size(path: string, options: OperationOptions = {}): Promise<number> {
    return (await this.stat(path, options)).size;
  }

  /** What lies directly in a directory; nothing for one that does not exist. Paths are relative to the root. */
  list(path = '', { signal }: OperationOptions = {}): AsyncIterable<ListEntry> {
    return this.#list(path, { recursive: false, prefix: '', limit: undefined, signal });
  }

  /** Every object below a directory, however deep. Paths are relative to the root. */
  walk(path = '', { signal }: OperationOptions = {}): AsyncIterable<ListEntry & { readonly type: 'file' }> {
    // Objects alone: of a recursive listing `#list` gives nothing else.
    return this.#list(path, { recursive: true, prefix: '', limit: undefined, signal }) as ReturnType<typeof this.walk>;
  }

  /**
   * The objects whose path fits a pattern: `*` and `?` within a segment, `**` across segments, `[a-z]`, `[!a-z]`, `{a,b}`.
   * None of these needs or misses a dot at the beginning of a name; a set such as `[*]` stands for the sign itself. What does
   * not begin like the pattern, up to the first of these, is not listed.
   *
   * @param pattern relative to the root, or with the root before it, as `root` has it
   * @throws ARGUMENT_INVALID for a pattern that is none
   * @throws PATH_OUTSIDE_STORE for a pattern of another root
   */
  async *glob(
    pattern: string,
    { signal }: OperationOptions = {},
  ): AsyncIterable<ListEntry & { readonly type: 'file' }> {
    const relative = relativeToRoot(this.root, pattern);
    const isFit = globMatcher(relative);
    const { directory, prefix, recursive } = globScope(relative);
    for await (const entry of this.#list(directory, { recursive, prefix, limit: undefined, signal })) {
      if (entry.type === 'file' && isFit(entry.path)) yield entry;
    }
  }

  /**
   * Copies an object within the store, where the backend can without its bytes coming here. Onto itself it is left as it is.
   *
   * @throws NOT_FOUND, and what `write` throws
   */
  async copy(from: string, to: string, options: CopyOptions = {}): Promise<ObjectStat> {
    const [key, target] = [this.#objectKey(from), this.#objectKey(to)];
    const request = copyRequest(options);
    if (key === target) return this.#keep('copy', key, request);
    const confirm = isConditional(request) ? cannotTell : undefined;
    const { signal } = options;
    return objectStat(
      await this.send({ operation: 'copy', key, to: target, signal, confirm }, () => this.doCopy(key, target, request)),
    );
  }

  /**
   * Moves an object within the store. Without the capability `atomicRename` this is a copy, then a removal: others may
   * see both objects for a while, and a failure may leave both. Onto itself it is left as it is.
   *
   * @throws NOT_FOUND, and what `write` throws; the source is then as it was
   */
  async rename(from: string, to: string, options: CopyOptions = {}): Promise<ObjectStat> {
    const [key, target] = [this.#objectKey(from), this.#objectKey(to)];
    const request = copyRequest(options);
    // Copied onto itself, it would then be removed as its own source.
    if (key === target) return this.#keep('rename', key, request);
    const send = { operation: 'rename', key, to: target, signal: options.signal, confirm: cannotTell };
    return objectStat(await this.send(send, () => this.doRename(key, target, request)));
  }

  /** @throws NOT_FOUND */
  async remove(path: string, { signal }: OperationOptions = {}): Promise<void> {
    const key = this.#objectKey(path);
    if ((await this.#stat(key, signal)) === undefined) {
      throw this.#sender.failure({ operation: 'removal', key, signal }, this.refusal('NOT_FOUND'));
    }
    await this.#removeKeys([key], signal);
  }

  /**
   * Removes many objects with few requests. A path where no object is, is no error, nor is one that is given twice.
   *
   * @throws the failure of the one object, or of the first of several, that could not be removed, with all of them, by
   *   path, as its `problems`; the others are removed
   */
  async removeMany(paths: Iterable<string> | AsyncIterable<string>, { signal }: OperationOptions = {}): Promise<void> {
    const keys = async function* (this: ArtifactStore<Config, Settings>) {
      for await (const path of paths) yield this.#objectKey(path);
    };
    await this.#removeKeys(keys.call(this), signal);
  }

  /** Removes every object below a directory, and the object at the path. Nothing there is no error. @throws as `removeMany` */
  async removeTree(path: string, { signal }: OperationOptions = {}): Promise<void> {
    const key = this.#key(path);
    const keys = async function* (this: ArtifactStore<Config, Settings>) {
      for await (const entry of this.walk(path, { signal })) yield entry.path;
      if (key !== '') yield key;
    };
    await this.#removeKeys(keys.call(this), signal);
  }

  /**
   * A URL by which anyone may read or write one object without credentials, until it expires. It is a credential
   * itself: do not log it. Whether the object exists is not looked at.
   *
   * @throws CAPABILITY_UNSUPPORTED unless the flavor has the capability `signedUrl`
   */
  async signedUrl(
    path: string,
    { method = 'get', expiresIn = 900, signal }: SignedUrlOptions = {},
  ): Promise<SignedUrl> {
    const key = this.#objectKey(path);
    if (!(Number.isInteger(expiresIn) && expiresIn >= 1 && expiresIn <= longestSignature)) {
      throw new StackError({
        code: 'ARGUMENT_INVALID',
        message: `A signed URL cannot expire in ${expiresIn} seconds: give a whole number from 1 to ${longestSignature}.`,
      });
    }
    return this.send({ operation: 'signing', key, signal }, () => this.doSignUrl(key, { method, expiresIn, signal }));
  }

  /**
   * Removes what killed processes left, staged files and uploads that were begun and never completed, and tells what it
   * was. A write that is still under way is safe while it is younger than `olderThan`.
   */
  async collectGarbage(options: GarbageOptions = {}): Promise<readonly Garbage[]> {
    const { olderThan = millisecondsPerDay, dryRun = false, signal } = options;
    if (!(olderThan >= 0)) {
      throw new StackError({
        code: 'ARGUMENT_INVALID',
        message: `Nothing can be older than ${olderThan} milliseconds.`,
      });
    }
    const before = new Date(Date.now() - olderThan);
    // What an attempt has removed before it failed is told, too; and what it has only looked at, once.
    const found = new Map<string, Garbage>();
    return this.send({ operation: 'garbage collection', key: '', signal }, async () => {
      for await (const garbage of this.doCollectGarbage({ before, dryRun, signal })) found.set(garbage.id, garbage);
      return [...found.values()];
    });
  }

  /**
   * Writes every file below a local folder to the directory at the path. Everything is looked at before anything is
   * written.
   *
   * @throws FILE_NOT_FOUND when there is no such folder
   * @throws ARGUMENT_INVALID for symbolic links and whatever else is neither file nor folder, all of them at once
   * @throws PATH_INVALID for names that no key can have, all of them at once
   * @throws PATH_CONFLICT for directories where a file would be, and objects below which one would lie: all of them at
   *   once and before anything is written, unless a thousand objects and ten for each file are there already
   */
  async uploadDirectory(localFolder: string, path: string, options: DirectoryOptions = {}): Promise<void> {
    const { signal } = options;
    await uploadFolder(this, localFolder, this.#key(path), options, (key, source, isPlaceFree) =>
      this.#write(key, source, { signal, isPlaceFree }),
    );
  }

  /**
   * Writes every object below a directory into a local folder, which is made when it does not exist. Each file appears as
   * a whole; one that is there is replaced.
   *
   * @throws PATH_INVALID for keys that this disk cannot hold side by side under their own names, all of them at once,
   *   before anything is written
   */
  async downloadDirectory(path: string, localFolder: string, options: DirectoryOptions = {}): Promise<void> {
    await downloadFolder(this, this.#key(path), localFolder, options);
  }

  /** The root for a `config.path`, without a `/` at its end. Overridden by stores on disk. */
  protected resolveRoot(path: string): string {
    return path.replace(/\/+$/, '');
  }

  /** A path as callers give it, in the form that `root` has. Overridden by stores whose paths have several forms. */
  protected normalizePath(path: string): string {
    return path;
  }

  /**
   * Opens an object. Rejects, rather than breaking the stream later, where there is none (`NOT_FOUND`) and where
   * `ifMatch` does not hold. It is called again, with `ifMatch`, to go on after the body broke.
   */
  protected abstract doRead(key: string, request: ReadRequest): Promise<ObjectContent>;

  /**
   * Consumes the source, commits it as one, and leaves nothing behind when it fails, the source breaks, or the signal
   * aborts, at which the source breaks too. A source of bytes is whole and may be written again after a failure; a stream
   * gives `Buffer`s. Refuses keys that are directories or lie below objects; `KnownPlaces` finds them on a backend that
   * does not.
   */
  protected abstract doWrite(key: string, source: Uint8Array | Readable, request: WriteRequest): Promise<StoredStat>;

  /** `undefined` for a key that is no object. */
  protected abstract doStat(key: string, request: StoreRequest): Promise<StoredStat | undefined>;

  /**
   * What is below a directory key (empty for the root), in the order of the UTF-8 bytes of the keys, a directory's
   * key counting with a `/` at its end. Recursive: objects alone. A listing that breaks is begun anew, and what was given
   * already is skipped; one of several pages does better to `send` each. What is there and cannot have a key, made by others,
   * may be among them: callers do not get to see it.
   */
  protected abstract doList(key: string, request: ListRequest): AsyncIterable<ListEntry>;

  /**
   * Removes up to 1,000 objects; a key that is gone already is no error. Gives those that could not be removed, and
   * rejects where that is all of them for one reason.
   */
  protected abstract doRemove(keys: readonly string[], request: StoreRequest): Promise<readonly RemovalFailure[]>;

  /**
   * The code for whatever the backend threw; `undefined` for an error that is not of the backend's making. Errors of
   * Node's network have their codes without it.
   */
  protected abstract mapError(error: unknown): ErrorCode | undefined;

  /** Server-side where the backend can; by default the bytes pass through this process. */
  protected async doCopy(from: string, to: string, request: CopyRequest): Promise<StoredStat> {
    // Sent by who asks for the copy, so that errors name what it is for.
    const source = await this.#openOnce(from, { signal: request.signal });
    const { sha256 } = source;
    const digest = sha256 === undefined ? undefined : { sha256 };
    return this.doWrite(to, this.#stream(from, source), { ...request, digest, writeId: undefined });
  }

  /** Atomic where the flavor has the capability `atomicRename`; by default a copy, then a removal. */
  protected async doRename(from: string, to: string, request: CopyRequest): Promise<StoredStat> {
    const confirm = isConditional(request) ? cannotTell : undefined;
    const send = { operation: 'rename', key: from, to, signal: request.signal, confirm };
    const stat = await this.send(send, () => this.doCopy(from, to, request));
    await this.#removeKeys([from], request.signal);
    return stat;
  }

  /** Signs without asking the backend, where it can. By default unsupported. */
  protected async doSignUrl(_key: string, _request: SignRequest): Promise<SignedUrl> {
    throw this.refusal('CAPABILITY_UNSUPPORTED', `the flavor ${this.flavor} has no signed URLs`);
  }

  /** Gives what is garbage, each after it was removed. By default there is none. */
  protected async *doCollectGarbage(_request: GarbageRequest): AsyncIterable<Garbage> {}

  /**
   * What a primitive throws where it finds a situation by itself. What it throws, and what the backend threw, is told to
   * callers with operation, path and component before it.
   *
   * @param message what happened, for codes that do not say it themselves
   */
  protected refusal(code: ErrorCode, message?: string): StackError {
    return new StackError({ code, message: message ?? failureSituations[code]?.message ?? code });
  }

  /**
   * Sends a request, again after a wait while it fails with a code that may pass. Every primitive is called by it; a
   * primitive of several requests sends each by it, so that one that fails does not begin the whole anew. What was sent
   * by it is not tried again further out. An SDK's own retries are to be switched off.
   */
  protected send<Result>(options: SendOptions<Result>, request: () => Promise<Result>): Promise<Result> {
    return this.#sender.send(options, request);
  }

  /** The stat of the object at a key when it is that of the write with this id: for `confirm`. */
  protected async findWritten(
    key: string,
    writeId: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<StoredStat | undefined> {
    const stat = writeId === undefined ? undefined : await this.#stat(key, signal);
    return stat?.writeId === writeId ? stat : undefined;
  }

  async #stat(key: string, signal: AbortSignal | undefined): Promise<StoredStat | undefined> {
    return this.send({ operation: 'stat', key, signal }, () => this.doStat(key, { signal }));
  }

  async #open(key: string, options: ReadOptions): Promise<OpenObject> {
    const { start = 0, end, sha256, signal } = options;
    checkRange(start, end);
    if (sha256 !== undefined) checkPromise(sha256, start === 0 && end === undefined);
    return this.send({ operation: 'read', key, signal }, () => this.#openOnce(key, options));
  }

  async #openOnce(key: string, options: ReadOptions): Promise<OpenObject> {
    const { start = 0, end, ifMatch, signal } = options;
    const request = { start, end, ifMatch, signal };
    // No backend can be asked for no bytes.
    const { stat, body } = await (start === end ? this.#readNothing(key, request) : this.doRead(key, request));
    const last = Math.max(start, Math.min(end ?? stat.size, stat.size));
    const isWhole = start === 0 && last === stat.size;
    const sha256 = isWhole ? (options.sha256 ?? stat.sha256) : undefined;
    return { body, start, end: last, etag: stat.etag, sha256, signal };
  }

  async #readAll(key: string, options: ReadOptions): Promise<Buffer> {
    const object = await this.#open(key, options);
    const { body, start, end, sha256, signal } = object;
    if (body instanceof Readable || body.byteLength !== end - start) {
      return collect(this.#stream(key, object), end - start);
    }
    if (sha256 !== undefined) {
      const found = await sha256Of(body);
      await this.send({ operation: 'read', key, signal }, async () => checkDigest(found, sha256));
    }
    return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  }

  async #readNothing(key: string, request: ReadRequest): Promise<ObjectContent> {
    return { stat: await this.#matchingStat(key, request), body: Buffer.alloc(0) };
  }

  /** What a copy or rename of an object onto itself does. */
  async #keep(operation: string, key: string, request: CopyRequest): Promise<ObjectStat> {
    const send = { operation, key, to: key, signal: request.signal };
    return this.send(send, async () => {
      const stat = await this.#matchingStat(key, request);
      if (request.ifAbsent) throw this.refusal('ALREADY_EXISTS');
      return objectStat(stat);
    });
  }

  async #matchingStat(key: string, { ifMatch, signal }: Pick<ReadRequest, 'ifMatch' | 'signal'>): Promise<StoredStat> {
    const stat = await this.doStat(key, { signal });
    if (stat === undefined) throw this.refusal('NOT_FOUND');
    if (ifMatch !== undefined && stat.etag !== ifMatch) throw this.refusal('PRECONDITION_FAILED');
    return stat;
  }

  #stream(key: string, { etag, ...object }: OpenObject): ObjectStream {
    const { end, signal } = object;
    const send = { operation: 'read', key, signal };
    const isAnother = (position: number) => {
      const message = `the connection broke after ${position} bytes, and then the object was another`;
      const failure = this.#sender.failure(send, this.refusal('UNAVAILABLE', message)) as StackError;
      this.#replacements.add(failure);
      return failure;
    };
    return new ObjectStream({
      ...object,
      failure: (error) => this.#sender.failure(send, error),
      reopen: async (position, breaks, error) => {
        const attempts = this.config.retry.attempts - breaks;
        const mayPass = this.#sender.mayPass(error);
        if (mayPass && position === end) return Buffer.alloc(0);
        if (!mayPass || attempts < 1) throw this.#sender.failure(send, error);
        await this.#sender.backOff(send, breaks);
        try {
          const request = { start: position, end, ifMatch: etag, signal };
          const { stat, body } = await this.send({ ...send, attempts }, () => this.doRead(key, request));
          if (stat.etag === etag) return body;
          if (body instanceof Readable) body.destroy();
        } catch (reason) {
          if (!isRefusal(reason)) throw reason;
        }
        throw isAnother(position);
      },
    });
  }

  async #write(key: string, source: WriteSource, options: ObjectWriteOptions): Promise<ObjectStat> {
    if (typeof source === 'string') return this.#writeBytes(key, Buffer.from(source), options);
    if (source instanceof Uint8Array) return this.#writeBytes(key, source, options);
    if (typeof source === 'function') {
      return this.#writeStream(key, () => new SourceStream(options).takeFrom(source()), options);
    }
    return this.#writeStream(key, () => new SourceStream(options).takeFrom(source), options, 1);
  }

  async #writeBytes(key: string, bytes: Uint8Array, options: ObjectWriteOptions): Promise<ObjectStat> {
    if (!options.digest && options.sha256 === undefined) {
      return this.#sendWrite(key, options, undefined, (request) =>
        this.doWrite(key, bytes, { ...request, digest: undefined }),
      );
    }
    const sha256 = await sha256Of(bytes);
    return this.#sendWrite(key, options, undefined, async (request) => {
      checkDigest(sha256, options.sha256 ?? sha256);
      return { ...(await this.doWrite(key, bytes, { ...request, digest: { sha256 } })), sha256 };
    });
  }

  async #writeStream(
    key: string,
    open: () => SourceStream,
    options: ObjectWriteOptions,
    attempts?: number,
  ): Promise<ObjectStat> {
    return this.#sendWrite(key, options, attempts, async (request) => {
      const source = open();
      const digest = source.hasDigest ? source : undefined;
      try {
        const stat = await this.doWrite(key, source, { ...request, digest });
        if (source.failure !== undefined) throw source.failure;
        return digest === undefined ? stat : { ...stat, sha256: digest.sha256 };
      } catch (error) {
        throw source.failure ?? error;
      } finally {
        source.destroy();
      }
    });
  }

  async #sendWrite(
    key: string,
    options: ObjectWriteOptions,
    attempts: number | undefined,
    write: (request: Omit<WriteRequest, 'digest'>) => Promise<StoredStat>,
  ): Promise<ObjectStat> {
    if (options.sha256 !== undefined) checkPromise(options.sha256);
    const request = { ...copyRequest(options), isPlaceFree: options.isPlaceFree };
    const { signal } = request;
    if (!isConditional(request)) {
      const send = { operation: 'write', key, signal, attempts };
      return objectStat(await this.send(send, () => write({ ...request, writeId: undefined })));
    }
    const writeId = randomUUID();
    const confirm = () => this.findWritten(key, writeId, signal);
    const send = { operation: 'write', key, signal, attempts, confirm };
    return objectStat(await this.send(send, () => write({ ...request, writeId })));
  }

  async *#list(path: string, request: ListRequest): AsyncIterable<ListEntry> {
    const key = this.#key(path);
    const { recursive, signal, limit } = request;
    const prefix = key === '' ? request.prefix : `${key}/${request.prefix}`;
    const send = { operation: 'listing', key, signal };
    let given = 0;
    let last: ListEntry | undefined;
    for (let attempt = 1; ; attempt++) {
      // What a listing before this one has given already.
      const seen = last;
      try {
        signal?.throwIfAborted();
        for await (const entry of this.doList(key, request)) {
          signal?.throwIfAborted();
          if (recursive && entry.type !== 'file') continue;
          if (!entry.path.startsWith(prefix) || (seen !== undefined && compareEntries(entry, seen) <= 0)) continue;
          // Others have put it there. Nobody could read it, and in a folder it might lead out of that.
          if (keyProblem(entry.path) !== undefined) continue;
          last = entry;
          attempt = 1;
          yield entry;
          if (++given === limit) return;
        }
        return;
      } catch (error) {
        if (attempt >= this.config.retry.attempts || signal?.aborted || !this.#sender.mayPass(error)) {
          throw this.#sender.failure(send, error);
        }
        await this.#sender.backOff(send, attempt);
      }
    }
  }

  async #removeKeys(keys: Iterable<string> | AsyncIterable<string>, signal: AbortSignal | undefined): Promise<void> {
    const failures: RemovalFailure[] = [];
    // Each key once: Ceph's gateway 16.2 ends by itself when a request names an object twice.
    const batch = new Set<string>();
    for await (const key of keys) {
      batch.add(key);
      if (batch.size < removalBatch) continue;
      failures.push(...(await this.#removeBatch([...batch], signal)));
      batch.clear();
    }
    if (batch.size > 0) failures.push(...(await this.#removeBatch([...batch], signal)));
    if (failures.length > 0) throw removalError(failures, this);
  }

  /** What could not be removed, after attempts with what was left of the batch each time. */
  async #removeBatch(keys: readonly string[], signal: AbortSignal | undefined): Promise<RemovalFailure[]> {
    let left = keys;
    let failures: readonly RemovalFailure[] = [];
    const [onlyKey = ''] = keys.length === 1 ? keys : [];
    const remove = async () => {
      failures = await this.doRemove(left, { signal });
      left = failures.map(({ key }) => key);
      const passing = failures.find(({ error }) => this.#sender.mayPass(error));
      if (passing !== undefined) throw passing.error;
    };
    try {
      await this.send({ operation: 'removal', key: onlyKey, signal }, remove);
    } catch (error) {
      if (failures.length === 0 || signal?.aborted) throw error;
    }
    return failures.map(({ key, error }) => ({
      key,
      error: this.#sender.failure({ operation: 'removal', key, signal }, error),
    }));
  }

  #key(path: string): string {
    return artifactKey(this.root, this.normalizePath(path));
  }

  #objectKey(path: string): string {
    const key = this.#key(path);
    if (key !== '') return key;
    throw new StackError({
      code: 'PATH_INVALID',
      message: `The root of the ${this} is a directory, not an object.`,
      hint: 'Give a path below the root.',
    });
  }
}

function checkRange(start: number, end: number | undefined): void {
  const isRange =
    Number.isInteger(start) && start >= 0 && (end === undefined || (Number.isInteger(end) && end >= start));
  if (isRange) return;
  throw new StackError({
    code: 'ARGUMENT_INVALID',
    message: `The range from ${start} to ${end} is not one: both are whole numbers, and the start is not after the end.`,
  });
}

/** @throws ARGUMENT_INVALID for conditions that exclude each other */
function copyRequest({ ifAbsent = false, ifMatch, signal }: CopyOptions): CopyRequest {
  if (!ifAbsent || ifMatch === undefined) return { ifAbsent, ifMatch, signal };
  throw new StackError({
    code: 'ARGUMENT_INVALID',
    message: 'Nothing can be written both where no object is and over one: give ifAbsent or ifMatch.',
  });
}

function isConditional({ ifAbsent, ifMatch }: CopyRequest): boolean {
  return ifAbsent || ifMatch !== undefined;
}

async function cannotTell(): Promise<undefined> {}

async function collect(stream: Readable, size: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(size);
  let position = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes.set(chunk, position);
    position += chunk.byteLength;
  }
  return bytes;
}
