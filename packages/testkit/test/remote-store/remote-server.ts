import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { LoopbackServer } from '../../../../tools/backends/loopback-server.ts';

/** An object as the server has it. */
export interface RemoteObject {
  readonly bytes: Buffer;
  readonly etag: string;
  readonly modifiedAt: string;
  readonly sha256: string | undefined;
  readonly writeId: string | undefined;
}

interface Upload {
  readonly key: string;
  readonly begunAt: string;
  readonly parts: Map<number, Buffer>;
}

/** What a refusal is called in the answers of the server. */
export type RemoteRefusal =
  | 'missing'
  | 'exists'
  | 'changed'
  | 'conflict'
  | 'forbidden'
  | 'expired'
  | 'no-root'
  | 'invalid';

class Refused extends Error {
  readonly status: number;
  readonly refusal: RemoteRefusal;

  constructor(status: number, refusal: RemoteRefusal) {
    super(refusal);
    this.status = status;
    this.refusal = refusal;
  }
}

export const rightToken = 'right-token-4711';
/** No object is ever put below it. */
export const missingRoot = 'missing';
export const expiredToken = 'expired-token-0815';

/**
 * An object store behind HTTP, in memory: conditional writes, uploads in parts, pages of listings, tokens. So small that
 * it can be trusted, and enough for the kit to break connections, to refuse credentials and to kill writers.
 */
export class RemoteServer extends LoopbackServer {
  readonly #objects = new Map<string, RemoteObject>();
  readonly #uploads = new Map<string, Upload>();
  #writes = 0;

  static start(): Promise<RemoteServer> {
    return new RemoteServer().listen();
  }

  protected override answer(request: IncomingMessage, response: ServerResponse): void {
    this.#answer(request, response).catch((error: unknown) => {
      if (response.destroyed) return;
      const { status, refusal } = error instanceof Refused ? error : { status: 400, refusal: 'invalid' };
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(request.method === 'HEAD' ? undefined : JSON.stringify({ refusal }));
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://localhost');
    const token = request.headers.authorization;
    if (token === expiredToken) throw new Refused(401, 'expired');
    if (token !== rightToken) throw new Refused(403, 'forbidden');
    if (request.headers['x-root'] === missingRoot) throw new Refused(410, 'no-root');
    const query = (name: string) => url.searchParams.get(name) ?? '';
    const isOperation = url.pathname === '/';
    const key = decodeURIComponent(url.pathname.slice(1));
    if (!isOperation) {
      if (request.method === 'PUT') return this.#respond(response, this.#put(key, await body(request), request));
      if (request.method === 'GET' || request.method === 'HEAD') return this.#get(key, request, response);
    }
    switch (query('do')) {
      case 'list':
        return this.#respond(response, this.#list(query('prefix'), query('delimiter'), query('after')));
      case 'remove':
        for (const each of JSON.parse((await body(request)).toString()) as string[]) this.#objects.delete(each);
        return this.#respond(response, {});
      case 'copy':
        return this.#respond(response, this.#copy(query('from'), query('to'), request));
      case 'begin-upload': {
        const id = randomUUID();
        this.#uploads.set(id, { key: query('key'), begunAt: new Date().toISOString(), parts: new Map() });
        return this.#respond(response, { id });
      }
      case 'part': {
        const bytes = await body(request);
        this.#upload(query('id')).parts.set(Number(query('number')), bytes);
        return this.#respond(response, {});
      }
      case 'complete-upload': {
        const { key: target, parts } = this.#upload(query('id'));
        const bytes = Buffer.concat([...parts].sort(([a], [b]) => a - b).map(([, part]) => part));
        const stat = this.#put(target, bytes, request);
        this.#uploads.delete(query('id'));
        return this.#respond(response, stat);
      }
      case 'abort-upload':
        this.#uploads.delete(query('id'));
        return this.#respond(response, {});
      case 'uploads':
        return this.#respond(
          response,
          [...this.#uploads]
            .filter(([, upload]) => upload.key.startsWith(query('prefix')))
            .map(([id, { key: target, begunAt, parts }]) => {
              return {
                id,
                key: target,
                begunAt,
                size: [...parts.values()].reduce((sum, part) => sum + part.length, 0),
              };
            }),
        );
      default:
        throw new Refused(400, 'invalid');
    }
  }

  #upload(id: string): Upload {
    const upload = this.#uploads.get(id);
    if (upload === undefined) throw new Refused(404, 'missing');
    return upload;
  }

  #object(key: string): RemoteObject {
    const object = this.#objects.get(key);
    if (object === undefined) throw new Refused(404, 'missing');
    return object;
  }

  #respond(response: ServerResponse, value: unknown): void {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(value));
  }

  #get(key: string, request: IncomingMessage, response: ServerResponse): void {
    const { bytes, ...stat } = this.#object(key);
    const wanted = request.headers['if-match'];
    if (wanted !== undefined && wanted !== stat.etag) throw new Refused(412, 'changed');
    const [, start = '0', end] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    const range = bytes.subarray(Number(start), end ? Number(end) + 1 : undefined);
    response.writeHead(200, {
      'content-length': range.length,
      'x-stat': JSON.stringify({ ...stat, size: bytes.length }),
    });
    response.end(request.method === 'HEAD' ? undefined : range);
  }

  #put(key: string, bytes: Buffer, { headers }: IncomingMessage): object {
    const present = this.#objects.get(key);
    const parents = key.split('/').map((_, index, segments) => segments.slice(0, index).join('/'));
    const isInTheWay =
      parents.some((parent) => this.#objects.has(parent)) ||
      [...this.#objects.keys()].some((other) => other.startsWith(`${key}/`));
    if (isInTheWay) throw new Refused(409, 'conflict');
    if (headers['if-none-match'] === '*' && present !== undefined) throw new Refused(412, 'exists');
    const wanted = headers['if-match'];
    if (wanted !== undefined && present?.etag !== wanted) throw new Refused(412, 'changed');
    const text = (name: string) => headers[name]?.toString();
    const stat = {
      etag: `${++this.#writes}-${createHash('md5').update(bytes).digest('hex')}`,
      modifiedAt: new Date().toISOString(),
      sha256: text('x-sha256'),
      writeId: text('x-write-id'),
    };
    this.#objects.set(key, { ...stat, bytes });
    return { ...stat, size: bytes.length };
  }

  #copy(from: string, to: string, request: IncomingMessage): object {
    const { bytes, sha256 } = this.#object(from);
    const headers = { ...request.headers, ...(sha256 === undefined ? {} : { 'x-sha256': sha256 }) };
    return this.#put(to, bytes, { headers } as IncomingMessage);
  }

  /** Up to 1,000 entries after one, in the order of their bytes: keys, or what is before the next delimiter. */
  #list(prefix: string, delimiter: string, after: string): object {
    const entries = new Map<string, object>();
    for (const [key, { bytes, modifiedAt }] of this.#objects) {
      if (!key.startsWith(prefix)) continue;
      const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
      if (end < 0) entries.set(key, { key, size: bytes.length, modifiedAt });
      else entries.set(key.slice(0, end + 1), { key: key.slice(0, end + 1) });
    }
    const compare = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
    const rest = [...entries].sort(([a], [b]) => compare(a, b)).filter(([key]) => compare(key, after) > 0);
    return { entries: rest.slice(0, 1000).map(([, entry]) => entry), isLast: rest.length <= 1000 };
  }
}

function body(request: IncomingMessage): Promise<Buffer> {
  return buffer(request).then((bytes) => {
    // One that was cut is no body.
    if (!request.complete) throw new Refused(400, 'invalid');
    return bytes;
  });
}
