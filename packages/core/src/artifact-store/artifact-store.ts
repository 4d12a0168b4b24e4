import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { PassThrough, pipeline as pipeStreams, Readable, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { type ComponentContext, StackComponent } from '../component/stack-component.ts';
import type { ArtifactStoreConfig } from '../config/artifact-store-config.ts';
import { type ErrorCode, StackError } from '../errors/index.ts';
import { artifactKey } from './artifact-key.ts';
import { globPattern } from './glob.ts';

/** What is known of one object without reading it. */
export interface ObjectStat {
  /** Bytes. */
  readonly size: number;
  readonly modifiedAt: Date;
  /** Changes whenever the bytes do. */
  readonly etag: string;
}

/** One entry of a listing. */
export type ListEntry =
  | ({ readonly type: 'file'; readonly path: string } & Pick<ObjectStat, 'size' | 'modifiedAt'>)
  | { readonly type: 'directory'; readonly path: string };

export interface OperationOptions {
  /** Cancels the operation, which then rejects with `ABORTED` and leaves nothing half done. */
  readonly signal?: AbortSignal | undefined;
}

export interface ReadOptions extends OperationOptions {
  /** First byte, from 0. Default 0. */
  readonly start?: number;
  /** Byte after the last one. Default: the end of the object. */
  readonly end?: number;
}

export interface WriteOptions extends OperationOptions {
  /** Write only when there is nothing at the path; else `ALREADY_EXISTS`. */
  readonly ifAbsent?: boolean;
  /** Write only when the object has this etag; else `PRECONDITION_FAILED`. */
  readonly ifMatch?: string;
}

/** What can be written: bytes, text as UTF-8, or a stream of either whose length need not be known. */
export type WriteSource = Uint8Array | string | Readable | AsyncIterable<Uint8Array | string>;

/**
 * The contract of all artifact stores. Everything public is written once, here, over the protected `do...` primitives
 * that a flavor implements, so that every store behaves alike:
 *
 * - A path is a URI below `config.path`, or is relative to it. A path of another root is `PATH_OUTSIDE_STORE`.
 * - A write is atomic: a reader sees the old bytes or the new ones, never a mixture, and a failed write leaves nothing.
 * - Directories are prefixes: they exist while something is below them.
 * - Listings are in the order of the UTF-8 bytes of the keys, and are complete.
 * - A missing object is `NOT_FOUND`, whatever the backend says.
 */
export abstract class ArtifactStore<
  Config extends ArtifactStoreConfig = ArtifactStoreConfig,
  Settings extends object = object,
> extends StackComponent<Config, Settings> {
  /** The root of the store without a `/` at its end: a URI, or an absolute path. */
  readonly root: string;

  constructor(context: ComponentContext<Config, Settings>) {
    super(context);
    this.root = this.resolveRoot(context.config.path);
  }

  /** The absolute form of a path below the root. */
  resolve(path: string): string {
    const key = this.#key(path);
    return key === '' ? this.root : `${this.root}/${key}`;
  }

  /** @throws NOT_FOUND */
  async read(path: string, options: ReadOptions = {}): Promise<Buffer> {
    return buffer(await this.openRead(path, options));
  }

  /** The object as UTF-8 text. @throws NOT_FOUND */
  async readText(path: string, options: OperationOptions = {}): Promise<string> {
    return (await this.read(path, options)).toString('utf8');
  }

  /** A stream of the object's bytes. @throws NOT_FOUND before the stream is returned */
  async openRead(path: string, { start = 0, end, signal }: ReadOptions = {}): Promise<Readable> {
    const key = this.#objectKey(path);
    const isRange =
      Number.isInteger(start) && start >= 0 && (end === undefined || (Number.isInteger(end) && end >= start));
    if (!isRange) {
      throw new StackError({
        code: 'ARGUMENT_INVALID',
        message: `The range from ${start} to ${end} is not one: both are whole numbers, and the start is not after the end.`,
      });
    }
    const stream = await this.#perform('read', key, signal, () => this.doRead(key, { start, end, signal }));
    // What goes wrong later, in the stream, has the same codes.
    const destroy = stream._destroy;
    stream._destroy = (error, done) =>
      destroy.call(stream, error, (failure) => done(failure && (this.#failure('read', key, signal, failure) as Error)));
    return stream;
  }

  /**
   * A stream into the object. The object appears, as a whole, when the stream has finished; destroying the stream
   * leaves what was there before.
   */
  async openWrite(path: string, options: WriteOptions = {}): Promise<Writable> {
    this.#objectKey(path);
    const source = new PassThrough();
    const written = this.write(path, source, options);
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
   * @throws ALREADY_EXISTS when `ifAbsent` is set and something is there
   * @throws PRECONDITION_FAILED when `ifMatch` is set and the object is another
   * @throws PATH_CONFLICT when the path is a directory, or lies below an object
   */
  async write(path: string, source: WriteSource, options: WriteOptions = {}): Promise<ObjectStat> {
    const key = this.#objectKey(path);
    if (typeof source === 'string' || source instanceof Uint8Array) {
      const bytes = Readable.from([Buffer.from(source)]);
      return this.#perform('write', key, options.signal, () => this.doWrite(key, bytes, options));
    }
    // A stream of its own can be given up at once, even while the source never goes on.
    const stream = new PassThrough();
    let sourceError: unknown;
    const watched = watchErrors(source, (error) => {
      if (!stream.destroyed) sourceError = error;
    });
    pipeStreams(watched, stream, () => {});
    let isOfSource = false;
    const write = async () => {
      try {
        return await this.doWrite(key, stream, options);
      } catch (error) {
        isOfSource = sourceError !== undefined && (error === sourceError || causeOf(error) === sourceError);
        throw error;
      }
    };
    try {
      return await this.#perform('write', key, options.signal, write);
    } catch (error) {
      stream.destroy();
      // What the source throws is the caller's, and is not to be taken for an error of the backend.
      throw isOfSource && !StackError.is(error, 'ABORTED') ? sourceError : error;
    }
  }

  /** Whether there is an object or a directory at the path. */
  async exists(path: string, options: OperationOptions = {}): Promise<boolean> {
    const key = this.#key(path);
    if (key === '') return true;
    const stat = await this.#perform('stat', key, options.signal, () => this.doStat(key, options));
    return stat !== undefined || (await this.isDirectory(path, options));
  }

  /** Whether something is below the path. The root always is a directory. */
  async isDirectory(path: string, options: OperationOptions = {}): Promise<boolean> {
    if (this.#key(path) === '') return true;
    for await (const _ of this.list(path, options)) return true;
    return false;
  }

  /** @throws NOT_FOUND when there is no object; a directory is none */
  async stat(path: string, options: OperationOptions = {}): Promise<ObjectStat> {
    const key = this.#objectKey(path);
    const stat = await this.#perform('stat', key, options.signal, () => this.doStat(key, options));
    if (stat === undefined) throw this.#notFound(key);
    return stat;
  }

  /** Size of an object, in bytes. @throws NOT_FOUND */
  async size(path: string, options: OperationOptions = {}): Promise<number> {
    return (await this.stat(path, options)).size;
  }

  /** What lies directly in a directory; nothing for one that does not exist. Paths are relative to the root. */
  list(path = '', options: OperationOptions = {}): AsyncIterable<ListEntry> {
    return this.#list(path, false, options);
  }

  /** Every object below a directory, however deep. Paths are relative to the root. */
  walk(path = '', options: OperationOptions = {}): AsyncIterable<ListEntry & { readonly type: 'file' }> {
    return this.#list(path, true, options) as AsyncIterable<ListEntry & { readonly type: 'file' }>;
  }

  /**
   * The objects whose path relative to the root fits a pattern: `*` and `?` within a segment, `**` across segments,
   * `[a-z]`, `{a,b}`.
   */
  async *glob(pattern: string, options: OperationOptions = {}): AsyncIterable<ListEntry & { readonly type: 'file' }> {
    const expression = globPattern(pattern);
    const [fixed = ''] = /^[^*?[{]*\//.exec(pattern) ?? [];
    for await (const entry of this.walk(fixed.replace(/\/$/, ''), options)) {
      if (expression.test(entry.path)) yield entry;
    }
  }

  /** Copies an object within the store. @throws NOT_FOUND, and what `write` throws */
  async copy(from: string, to: string, options: WriteOptions = {}): Promise<ObjectStat> {
    const source = this.#objectKey(from);
    const target = this.#objectKey(to);
    return this.#perform('copy', source, options.signal, () => this.doCopy(source, target, options));
  }

  /** Moves an object within the store: a copy, then a removal, unless the flavor has the capability `atomicRename`. */
  async rename(from: string, to: string, options: WriteOptions = {}): Promise<ObjectStat> {
    const source = this.#objectKey(from);
    const target = this.#objectKey(to);
    // Copied onto itself, it would then be removed as its own source.
    if (source === target) return this.stat(from, options);
    return this.#perform('rename', source, options.signal, () => this.doRename(source, target, options));
  }

  /** @throws NOT_FOUND */
  async remove(path: string, options: OperationOptions = {}): Promise<void> {
    const key = this.#objectKey(path);
    await this.stat(path, options);
    await this.#perform('remove', key, options.signal, () => this.doRemove([key], options));
  }

  /** Removes every object below a directory, and the object at the path. Nothing there is no error. */
  async removeTree(path: string, options: OperationOptions = {}): Promise<void> {
    const key = this.#key(path);
    const keys: string[] = [];
    for await (const entry of this.walk(path, options)) keys.push(entry.path);
    if (key !== '' && (await this.#perform('stat', key, options.signal, () => this.doStat(key, options))))
      keys.push(key);
    if (keys.length > 0) await this.#perform('remove', key, options.signal, () => this.doRemove(keys, options));
  }

  /** Writes every file below a local folder to the directory at the path. Symbolic links are refused. */
  async uploadDirectory(localFolder: string, path: string, options: OperationOptions = {}): Promise<void> {
    const entries = await readdir(localFolder, { recursive: true, withFileTypes: true });
    for (const entry of entries.sort((a, b) => (join(a.parentPath, a.name) < join(b.parentPath, b.name) ? -1 : 1))) {
      const file = join(entry.parentPath, entry.name);
      if (entry.isDirectory()) continue;
      if (!entry.isFile()) {
        throw new StackError({
          code: 'ARGUMENT_INVALID',
          message: `${file} is not a regular file, so it is not uploaded.`,
        });
      }
      const relative = file.slice(join(localFolder, sep).length).split(sep).join('/');
      await this.write([this.#key(path), relative].filter(Boolean).join('/'), createReadStream(file), options);
    }
  }

  /** Writes every object below a directory into a local folder, which is made when it does not exist. */
  async downloadDirectory(path: string, localFolder: string, options: OperationOptions = {}): Promise<void> {
    const prefix = this.#key(path);
    for await (const entry of this.walk(path, options)) {
      const relative = prefix === '' ? entry.path : entry.path.slice(prefix.length + 1);
      const file = join(localFolder, ...relative.split('/'));
      await mkdir(dirname(file), { recursive: true });
      await pipeline(await this.openRead(entry.path, options), createWriteStream(file));
    }
  }

  /** The root for a `config.path`, without a `/` at its end. Overridden by stores on disk. */
  protected resolveRoot(path: string): string {
    return path.replace(/\/+$/, '');
  }

  /** A path as callers give it, in the form that `root` has. Overridden by stores whose paths have several forms. */
  protected normalizePath(path: string): string {
    return path;
  }

  /** Rejects with `NOT_FOUND`, mapped by `mapError`, before it resolves. `end` is exclusive. */
  protected abstract doRead(
    key: string,
    options: { readonly start: number; readonly end: number | undefined; readonly signal?: AbortSignal | undefined },
  ): Promise<Readable>;

  /** Consumes the source, commits it as one, and leaves nothing behind when it fails. */
  protected abstract doWrite(key: string, source: Readable, options: WriteOptions): Promise<ObjectStat>;

  /** `undefined` for a key that is no object. */
  protected abstract doStat(key: string, options: OperationOptions): Promise<ObjectStat | undefined>;

  /**
   * What is below a directory key (empty for the root), in the order of the UTF-8 bytes of the keys, a directory's
   * key counting with a `/` at its end. Recursive: objects alone.
   */
  protected abstract doList(
    key: string,
    options: OperationOptions & { readonly recursive: boolean },
  ): AsyncIterable<ListEntry>;

  /** Removes objects; a key that is gone already is no error. */
  protected abstract doRemove(keys: readonly string[], options: OperationOptions): Promise<void>;

  /** The code for whatever the backend threw; `undefined` for an error that is not of the backend's making. */
  protected abstract mapError(error: unknown): ErrorCode | undefined;

  /** Server-side where the backend can; by default the bytes pass through this process. */
  protected async doCopy(from: string, to: string, options: WriteOptions): Promise<ObjectStat> {
    const source = await this.doRead(from, { start: 0, end: undefined, signal: options.signal });
    return this.doWrite(to, source, options);
  }

  protected async doRename(from: string, to: string, options: WriteOptions): Promise<ObjectStat> {
    const stat = await this.doCopy(from, to, options);
    await this.doRemove([from], options);
    return stat;
  }

  async *#list(path: string, recursive: boolean, options: OperationOptions): AsyncIterable<ListEntry> {
    const key = this.#key(path);
    try {
      options.signal?.throwIfAborted();
      for await (const entry of this.doList(key, { ...options, recursive })) {
        options.signal?.throwIfAborted();
        yield entry;
      }
    } catch (error) {
      throw this.#failure('list', key, options.signal, error);
    }
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

  async #perform<Result>(
    operation: string,
    key: string,
    signal: AbortSignal | undefined,
    action: () => Promise<Result>,
  ): Promise<Result> {
    try {
      signal?.throwIfAborted();
      return await action();
    } catch (error) {
      throw this.#failure(operation, key, signal, error);
    }
  }

  #failure(operation: string, key: string, signal: AbortSignal | undefined, error: unknown): unknown {
    if (StackError.is(error)) return error;
    const where = `"${key}" in the ${this}`;
    if (signal?.aborted) {
      return new StackError({ code: 'ABORTED', message: `The ${operation} of ${where} was cancelled.`, cause: error });
    }
    const code = this.mapError(error);
    if (code === undefined) return error;
    if (code === 'NOT_FOUND') return this.#notFound(key, error);
    const detail = error instanceof Error ? error.message : String(error);
    return new StackError({ code, message: `The ${operation} of ${where} failed: ${detail}`, cause: error });
  }

  #notFound(key: string, cause?: unknown): StackError {
    return new StackError({ code: 'NOT_FOUND', message: `There is no object "${key}" in the ${this}.`, cause });
  }
}

function causeOf(error: unknown): unknown {
  return StackError.is(error) ? error.cause : undefined;
}

/** The source, whose error is told as well. */
function watchErrors(
  source: Readable | AsyncIterable<Uint8Array | string>,
  onError: (error: unknown) => void,
): Readable | AsyncIterable<Uint8Array | string> {
  if (source instanceof Readable) return source.on('error', onError);
  return (async function* () {
    try {
      yield* source;
    } catch (error) {
      onError(error);
      throw error;
    }
  })();
}
