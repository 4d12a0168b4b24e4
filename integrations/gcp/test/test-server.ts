import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { LoopbackServer } from '../../../tools/backends/loopback-server.ts';

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

/** A server that records what it is asked, and answers as a test says. */
export class TestServer extends LoopbackServer {
  readonly requests: RecordedRequest[] = [];
  readonly #replies: readonly Reply[];

  private constructor(replies: readonly Reply[]) {
    super();
    this.#replies = replies;
  }

  /** @param replies the first that has an answer gives it */
  static start(...replies: readonly Reply[]): Promise<TestServer> {
    return new TestServer(replies).listen();
  }

  protected override async answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
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
