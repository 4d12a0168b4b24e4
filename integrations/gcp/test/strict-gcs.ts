import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { type Dispatcher, request } from 'undici';
import { LoopbackServer } from '../../../tools/backends/loopback-server.ts';

/** What came of a request, for who waits his turn. */
type Outcome = { readonly status: number; readonly headers: Dispatcher.ResponseData['headers']; readonly body: Buffer };

/** How far an upload in chunks is. */
interface Upload {
  arrived: number;
  done: Outcome | undefined;
}

/**
 * Stands before fake-gcs-server and does what Google's documentation says of Cloud Storage and that server does not: asks
 * for a token, holds the preconditions of copies and changes, and ignores bytes of an upload that have arrived before.
 * It is a complement for tests, and proves nothing of Google.
 */
export class StrictGcs extends LoopbackServer {
  readonly #target: string;
  readonly #token: string | undefined;
  readonly #uploads = new Map<string, Upload>();
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(target: string, token: string | undefined) {
    super();
    this.#target = target;
    this.#token = token;
  }

  /** @param token the one that requests have to bear; without it any may come */
  static start(target: string, token?: string): Promise<StrictGcs> {
    return new StrictGcs(target, token).listen();
  }

  protected override async answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const body = await buffer(incoming);
      const { status, headers, body: answer } = await this.#outcome(incoming, body);
      response.writeHead(status, headers).end(answer);
    } catch {
      // The client has gone, or the test is over.
      response.destroy();
    }
  }

  async #outcome(incoming: IncomingMessage, body: Buffer): Promise<Outcome> {
    const url = new URL(incoming.url ?? '/', this.#target);
    const upload = url.searchParams.get('upload_id');
    // The URI of an upload is a credential itself.
    const isKnown = this.#token === undefined || incoming.headers.authorization === `Bearer ${this.#token}`;
    if (upload === null && !isKnown) {
      return refusal(401, 'authError', 'Invalid Credentials');
    }
    if (incoming.method === 'GET') return this.#forward(incoming, url, body);
    // Nothing changes between the check of a precondition and what is bound to it.
    const turn = this.#turn.then(async () => {
      if (upload !== null) return this.#chunk(incoming, url, body, upload);
      return (await this.#holds(url)) ? this.#forward(incoming, url, body) : refusal(412, 'conditionNotMet', 'Not met');
    });
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** Whether the object that is to change has the generation that is asked for. */
  async #holds(url: URL): Promise<boolean> {
    const wanted = url.searchParams.get('ifGenerationMatch');
    const object = /.*(\/b\/[^/]+\/o\/[^/]+)/.exec(url.pathname)?.[1];
    if (wanted === null || object === undefined) return true;
    const { statusCode, body } = await request(`${this.#target}/storage/v1${object}`);
    const { generation } = (await body.json()) as { generation?: string };
    return wanted === (statusCode === 404 ? '0' : generation);
  }

  async #chunk(incoming: IncomingMessage, url: URL, body: Buffer, id: string): Promise<Outcome> {
    const upload = this.#uploads.get(id) ?? { arrived: 0, done: undefined };
    this.#uploads.set(id, upload);
    if (upload.done !== undefined) return upload.done;
    if (incoming.method === 'DELETE') {
      upload.done = refusal(499, 'cancelled', 'Client Closed Request');
      return upload.done;
    }
    const [, start, total] = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(incoming.headers['content-range'] ?? '') ?? [];
    const rest = body.subarray(upload.arrived - Number(start ?? upload.arrived));
    const end = upload.arrived + rest.byteLength;
    const range = rest.byteLength === 0 ? '*' : `${upload.arrived}-${end - 1}`;
    const outcome =
      rest.byteLength > 0 || total !== '*'
        ? await this.#forward(incoming, url, rest, { 'content-range': `bytes ${range}/${total}` })
        : { status: 308, headers: { range: `bytes=0-${end - 1}` }, body: Buffer.alloc(0) };
    upload.arrived = end;
    if (outcome.status !== 308) upload.done = outcome;
    return outcome;
  }

  async #forward(
    incoming: IncomingMessage,
    url: URL,
    body: Buffer,
    replaced: Readonly<Record<string, string>> = {},
  ): Promise<Outcome> {
    const { connection: _, 'content-length': __, 'transfer-encoding': ___, ...headers } = incoming.headers;
    const answer = await request(url, {
      method: incoming.method as Dispatcher.HttpMethod,
      headers: { ...headers, ...replaced },
      body,
    });
    return { status: answer.statusCode, headers: answer.headers, body: Buffer.from(await answer.body.bytes()) };
  }
}

function refusal(code: number, reason: string, message: string): Outcome {
  const error = { code, message, errors: [{ domain: 'global', reason, message }] };
  return {
    status: code,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify({ error })),
  };
}
