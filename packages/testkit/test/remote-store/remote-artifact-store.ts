import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import {
  ArtifactStore,
  type ComponentContext,
  type CopyRequest,
  type ErrorCode,
  type Garbage,
  type GarbageRequest,
  type ListEntry,
  type ListRequest,
  type ObjectContent,
  type ReadRequest,
  type RemovalFailure,
  type StoredStat,
  type StoreRequest,
  type WriteRequest,
} from '@stack/core';
import type { RemoteArtifactStoreConfig } from './config.ts';
import type { RemoteRefusal } from './remote-server.ts';

export interface RemoteCall {
  readonly method?: string;
  /** Key of an object, without the root. */
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: Uint8Array | Readable | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds. Default: `config.requestTimeout`. */
  readonly timeout?: number;
}

/** What the server answered that was no success. */
export class RemoteError extends Error {
  readonly refusal: RemoteRefusal;

  constructor(refusal: RemoteRefusal) {
    super(`the server says ${refusal}`);
    this.refusal = refusal;
  }
}

const codes: Readonly<Record<RemoteRefusal, ErrorCode>> = {
  missing: 'NOT_FOUND',
  exists: 'ALREADY_EXISTS',
  changed: 'PRECONDITION_FAILED',
  conflict: 'PATH_CONFLICT',
  'no-root': 'ROOT_NOT_FOUND',
  forbidden: 'ACCESS_DENIED',
  expired: 'ACCESS_DENIED',
  invalid: 'ARGUMENT_INVALID',
};

/** An answer to HEAD has a status alone. */
const refusalsOfHead: Readonly<Record<number, RemoteRefusal>> = { 404: 'missing', 410: 'no-root' };

/** Bytes of one part of an upload. */
const partSize = 256 * 1024;

/** Keeps objects on a `RemoteServer`. */
export default class RemoteArtifactStore extends ArtifactStore<RemoteArtifactStoreConfig> {
  readonly #agent = new Agent({ keepAlive: true });
  /** What the keys of the store have before them on the server; with a `/` at its end. */
  protected readonly prefix: string;

  constructor(context: ComponentContext<RemoteArtifactStoreConfig>) {
    super(context);
    this.prefix = `${this.root.slice('remote://'.length)}/`;
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy();
  }

  protected get token(): string {
    return this.config.token.reveal();
  }

  protected override async doRead(key: string, { start, end, ifMatch, signal }: ReadRequest): Promise<ObjectContent> {
    const range = `bytes=${start}-${end === undefined ? '' : end - 1}`;
    const response = await this.call({ key, headers: { range, 'if-match': ifMatch }, signal });
    return { stat: statOf(response), body: response };
  }

  protected override async doWrite(
    key: string,
    source: Uint8Array | Readable,
    { ifAbsent, ifMatch, digest, writeId, signal }: WriteRequest,
  ): Promise<StoredStat> {
    const headers = () => ({
      'if-none-match': ifAbsent ? '*' : undefined,
      'if-match': ifMatch,
      'x-sha256': digest?.sha256,
      'x-write-id': writeId,
    });
    if (!(source instanceof Readable)) {
      return this.callForStat({ method: 'PUT', key, headers: headers(), body: source, signal });
    }
    const { id } = (await this.callForJson({ query: { do: 'begin-upload', key: this.prefix + key }, signal })) as {
      readonly id: string;
    };
    try {
      let number = 0;
      for await (const part of inParts(source, partSize)) {
        await this.callForJson({ query: { do: 'part', id, number: `${number++}` }, body: part, signal });
      }
      signal?.throwIfAborted();
      return await this.callForStat({ query: { do: 'complete-upload', id }, headers: headers(), signal });
    } catch (error) {
      await this.callForJson({ query: { do: 'abort-upload', id } }).catch(() => {});
      throw error;
    }
  }

  protected override async doStat(key: string, { signal }: StoreRequest): Promise<StoredStat | undefined> {
    try {
      const response = await this.call({ method: 'HEAD', key, signal });
      response.resume();
      return statOf(response);
    } catch (error) {
      if (error instanceof RemoteError && error.refusal === 'missing') return undefined;
      throw error;
    }
  }

  protected override async *doList(key: string, { recursive, signal }: ListRequest): AsyncIterable<ListEntry> {
    const prefix = `${this.prefix}${key === '' ? '' : `${key}/`}`;
    let after = '';
    for (let isLast = false; !isLast; ) {
      const query = { do: 'list', prefix, delimiter: recursive ? '' : '/', after };
      const page = (await this.send({ operation: 'listing', key, signal }, () =>
        this.callForJson({ query, signal }),
      )) as ListPage;
      for (const entry of page.entries) {
        after = entry.key;
        const path = entry.key.slice(this.prefix.length);
        if (entry.size === undefined) yield { type: 'directory', path: path.slice(0, -1) };
        else yield { type: 'file', path, size: entry.size, modifiedAt: new Date(entry.modifiedAt) };
      }
      isLast = page.isLast;
    }
  }

  protected override async doRemove(
    keys: readonly string[],
    { signal }: StoreRequest,
  ): Promise<readonly RemovalFailure[]> {
    const body = Buffer.from(JSON.stringify(keys.map((key) => this.prefix + key)));
    await this.callForJson({ query: { do: 'remove' }, body, signal });
    return [];
  }

  protected override async doCopy(
    from: string,
    to: string,
    { ifAbsent, ifMatch, signal }: CopyRequest,
  ): Promise<StoredStat> {
    return this.callForStat({
      query: { do: 'copy', from: this.prefix + from, to: this.prefix + to },
      headers: { 'if-none-match': ifAbsent ? '*' : undefined, 'if-match': ifMatch },
      signal,
    });
  }

  protected override async *doCollectGarbage({ before, dryRun, signal }: GarbageRequest): AsyncIterable<Garbage> {
    const uploads = (await this.callForJson({
      query: { do: 'uploads', prefix: this.prefix },
      signal,
    })) as UploadEntry[];
    for (const { id, key, begunAt, size } of uploads) {
      const modifiedAt = new Date(begunAt);
      if (modifiedAt >= before) continue;
      if (!dryRun) await this.callForJson({ query: { do: 'abort-upload', id }, signal });
      yield { kind: 'multipart-upload', id, path: key.slice(this.prefix.length), size, modifiedAt };
    }
  }

  protected override mapError(error: unknown): ErrorCode | undefined {
    return error instanceof RemoteError ? codes[error.refusal] : undefined;
  }

  /** Sends a request. Rejects when the server refuses it. */
  protected async call(call: RemoteCall): Promise<IncomingMessage> {
    const { endpoint, requestTimeout } = this.config;
    const { method = 'GET', key, query, headers = {}, body, signal, timeout = requestTimeout } = call;
    const path = key === undefined ? '' : (this.prefix + key).split('/').map(encodeURIComponent).join('/');
    const sent = request(`${endpoint}/${path}?${new URLSearchParams(query)}`, {
      method: query === undefined ? method : 'POST',
      agent: this.#agent,
      headers: { ...defined(headers), authorization: this.token, 'x-root': this.prefix.slice(0, -1) },
      timeout,
      ...(signal === undefined ? {} : { signal }),
    });
    sent.on('timeout', () => sent.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })));
    // Its response tells of a later error too.
    sent.on('error', () => {});
    const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
    sent.end(body);
    const [response] = await answered;
    if (response.statusCode === 200) return response;
    if (method === 'HEAD' && query === undefined) {
      response.resume();
      throw new RemoteError(refusalsOfHead[response.statusCode ?? 0] ?? 'forbidden');
    }
    throw new RemoteError(JSON.parse((await buffer(response)).toString()).refusal);
  }

  protected async callForJson(call: RemoteCall): Promise<unknown> {
    return JSON.parse((await buffer(await this.call(call))).toString());
  }

  protected async callForStat(call: RemoteCall): Promise<StoredStat> {
    return parseStat(await this.callForJson(call));
  }
}

interface ListPage {
  readonly entries: readonly { readonly key: string; readonly size?: number; readonly modifiedAt: string }[];
  readonly isLast: boolean;
}

interface UploadEntry {
  readonly id: string;
  readonly key: string;
  readonly begunAt: string;
  readonly size: number;
}

function statOf({ headers }: IncomingMessage): StoredStat {
  return parseStat(JSON.parse(String(headers['x-stat'])));
}

function parseStat(value: unknown): StoredStat {
  const stat = value as Omit<StoredStat, 'modifiedAt'> & { readonly modifiedAt: string };
  return { ...stat, modifiedAt: new Date(stat.modifiedAt) };
}

function defined(headers: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

async function* inParts(source: Readable, size: number): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of source as AsyncIterable<Buffer>) {
    pieces.push(piece);
    length += piece.length;
    if (length < size) continue;
    yield Buffer.concat(pieces);
    pieces = [];
    length = 0;
  }
  if (length > 0) yield Buffer.concat(pieces);
}
