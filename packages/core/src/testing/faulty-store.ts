import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { ArtifactStore } from '../artifact-store/artifact-store.ts';
import type { ListEntry, StoredStat } from '../artifact-store/object-stat.ts';
import type {
  Garbage,
  GarbageRequest,
  ListRequest,
  ObjectContent,
  ReadRequest,
  RemovalFailure,
  WriteRequest,
} from '../artifact-store/requests.ts';
import type { ErrorCode } from '../errors/index.ts';

/** An error as an SDK throws it. */
export class BackendError extends Error {
  readonly status: ErrorCode | undefined;
  constructor(status?: ErrorCode, message = 'the backend said no') {
    super(message);
    this.status = status;
  }
}

interface StoredObject extends StoredStat {
  readonly bytes: Buffer;
}

/** A store of which each request can be made to fail. */
export class FaultyStore extends ArtifactStore {
  readonly objects = new Map<string, StoredObject>();
  readonly requests: string[] = [];
  /** Called at the beginning of each request, as `write a`. */
  before: (request: string) => void | Promise<void> = () => {};
  /** Called when a request was carried out. */
  after: (request: string) => void | Promise<void> = () => {};
  /** Changes the body of each read. */
  body: (bytes: Buffer, read: number) => Readable | Uint8Array = (bytes) => bytes;
  /** What there is of garbage from before a time. */
  collect: (before: Date) => AsyncIterable<Garbage> = async function* (modifiedAt) {
    yield { kind: 'multipart-upload', id: 'upload', modifiedAt };
  };
  keepsWriteIds = true;
  #reads = 0;
  #writes = 0;

  constructor(retry: Partial<FaultyStore['config']['retry']> = {}) {
    super({
      id: 'id',
      name: 'faulty',
      type: 'artifact-store',
      flavor: 'test',
      config: { path: 'test://bucket/', retry: { attempts: 3, baseDelay: 0, maximumDelay: 0, ...retry } },
      settings: {},
      labels: {},
      baseDirectory: '/',
      overrides: {},
    });
  }

  put(key: string, content: string | Buffer, stat: Partial<StoredStat> = {}): StoredObject {
    const bytes = Buffer.from(content);
    const object = { size: bytes.length, modifiedAt: new Date(0), etag: `etag ${++this.#writes}`, bytes, ...stat };
    this.objects.set(key, object);
    return object;
  }

  protected override async doRead(key: string, { start, end, ifMatch }: ReadRequest): Promise<ObjectContent> {
    return this.#carryOut(`read ${key} ${start}-${end ?? ''}`, () => {
      const { bytes, ...stat } = this.#get(key);
      if (ifMatch !== undefined && ifMatch !== stat.etag) throw this.refusal('PRECONDITION_FAILED');
      return { stat, body: this.body(bytes.subarray(start, end), ++this.#reads) };
    });
  }

  protected override async doWrite(
    key: string,
    source: Uint8Array | Readable,
    { ifAbsent, ifMatch, writeId, digest }: WriteRequest,
  ): Promise<StoredStat> {
    return this.#carryOut(`write ${key}`, async () => {
      const bytes = source instanceof Readable ? await buffer(source) : Buffer.from(source);
      if (ifAbsent && this.objects.has(key)) throw new BackendError('ALREADY_EXISTS');
      if (ifMatch !== undefined && this.objects.get(key)?.etag !== ifMatch)
        throw new BackendError('PRECONDITION_FAILED');
      const kept = this.keepsWriteIds ? writeId : undefined;
      const { bytes: _, ...stat } = this.put(key, bytes, { writeId: kept, sha256: digest?.sha256 });
      return stat;
    });
  }

  protected override async doStat(key: string): Promise<StoredStat | undefined> {
    return this.#carryOut(`stat ${key}`, () => this.objects.get(key));
  }

  protected override async *doList(key: string, request: ListRequest): AsyncIterable<ListEntry> {
    await this.before(`list ${key}`);
    this.requests.push(`list ${key} ${request.recursive ? '**' : '*'} ${request.prefix}`.trimEnd());
    for (const path of [...this.objects.keys()].sort()) {
      await this.before(`entry ${path}`);
      yield { type: 'file', path, size: 0, modifiedAt: new Date(0) };
    }
  }

  protected override async doRemove(keys: readonly string[]): Promise<readonly RemovalFailure[]> {
    return this.#carryOut(`remove ${keys.join(' ')}`, async () => {
      const failures: RemovalFailure[] = [];
      for (const key of keys) {
        try {
          await this.before(`remove one ${key}`);
          this.objects.delete(key);
        } catch (error) {
          failures.push({ key, error });
        }
      }
      return failures;
    });
  }

  protected override doCollectGarbage({ before }: GarbageRequest): AsyncIterable<Garbage> {
    return this.collect(before);
  }

  protected override mapError(error: unknown): ErrorCode | undefined {
    return error instanceof BackendError ? error.status : undefined;
  }

  /** What a primitive of several requests does. */
  sendTwice(request: () => Promise<string>): Promise<string> {
    const signal = undefined;
    return this.send({ operation: 'outer', key: 'a', signal }, () =>
      this.send({ operation: 'inner', key: 'a', signal }, request),
    );
  }

  #get(key: string): StoredObject {
    const object = this.objects.get(key);
    if (object === undefined) throw new BackendError('NOT_FOUND');
    return object;
  }

  async #carryOut<Result>(request: string, action: () => Result | Promise<Result>): Promise<Result> {
    this.requests.push(request);
    await this.before(request);
    const result = await action();
    await this.after(request);
    return result;
  }
}
