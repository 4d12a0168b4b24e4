import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** What came, for a test to look at. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Instead of a body. */
  readonly json?: unknown;
}

/** Answers a request; `undefined` where it is for another one. */
export type Reply = (request: RecordedRequest) => Answer | 'silence' | undefined;

/** A server on loopback that records what it is asked, and answers as a test says. */
export class TestServer implements AsyncDisposable {
  readonly requests: RecordedRequest[] = [];
  readonly #server = createServer((incoming, response) => void this.#answer(incoming, response));
  readonly #replies: readonly Reply[];

  private constructor(replies: readonly Reply[]) {
    this.#replies = replies;
  }

  /** @param replies the first that has an answer gives it */
  static async start(...replies: readonly Reply[]): Promise<TestServer> {
    const server = new TestServer(replies);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname: path, searchParams } = new URL(incoming.url ?? '/', 'http://127.0.0.1');
    const { method = 'GET', headers } = incoming;
    const request = { method, path, query: Object.fromEntries(searchParams), headers, body: await text(incoming) };
    this.requests.push(request);
    const answer = this.#replies.map((reply) => reply(request)).find((found) => found !== undefined) ?? { status: 500 };
    if (answer === 'silence') return;
    const body = answer.json === undefined ? (answer.body ?? '') : JSON.stringify(answer.json);
    response.writeHead(answer.status ?? 200, { 'content-length': Buffer.byteLength(body), ...answer.headers });
    response.end(body);
  }
}
