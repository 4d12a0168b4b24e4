import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { StackError } from '@stack/core';
import { type Dispatcher, EnvHttpProxyAgent, request } from 'undici';
import { Authorization, type Signer } from './authorization.ts';
import type { GcsArtifactStoreConfig } from './config.ts';
import { GcsError } from './gcs-error.ts';

/** What `createComponent` takes as `overrides`. */
export interface GcsOverrides {
  /** An `AuthClient` of google-auth-library. Goes before the credentials of the config. */
  readonly authClient?: ConstructorParameters<typeof Authorization>[1];
  /** A dispatcher of undici. Goes before `clientOptions`; who gives it closes it. */
  readonly dispatcher?: Dispatcher | undefined;
}

export interface GcsRequest {
  /** Default: GET. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path below the endpoint; or a URL, which has its own authorization. */
  readonly target: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly signal: AbortSignal | undefined;
}

/** What the service says to a request. */
export interface GcsAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** An object on its way. */
export interface GcsDownload {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable & { bytes(): Promise<Uint8Array> };
}

/**
 * Speaks with Cloud Storage: JSON API, and for downloads the XML API, which alone gives metadata along with the bytes.
 *
 * Google's own client is not used, as it cannot cancel a request, tries again what was sent for an upload, and leaves
 * the sessions of failed ones.
 */
export class GcsClient {
  /** Where the service is, without a `/` at its end. */
  readonly endpoint: string;
  readonly #config: GcsArtifactStoreConfig;
  readonly #dispatcher: Dispatcher;
  readonly #ownDispatcher: Dispatcher | undefined;
  readonly #authorization: Authorization;

  constructor(config: GcsArtifactStoreConfig, { authClient, dispatcher }: GcsOverrides) {
    const { apiEndpoint, requestTimeout, clientOptions } = config;
    this.#config = config;
    this.endpoint = apiEndpoint.replace(/\/+$/, '');
    this.#authorization = new Authorization(config, authClient);
    if (dispatcher === undefined) {
      this.#ownDispatcher = new EnvHttpProxyAgent({
        headersTimeout: requestTimeout,
        bodyTimeout: requestTimeout,
        ...clientOptions,
      });
    }
    this.#dispatcher = dispatcher ?? (this.#ownDispatcher as Dispatcher);
  }

  /** The answer to a request whose body is small. @throws GcsError unless it is a success, or redirects to nowhere */
  async ask(asked: GcsRequest): Promise<GcsAnswer> {
    return this.#timed(asked.signal, async (signal) => {
      const { statusCode: status, headers, body } = await this.#send(asked, signal);
      const text = await body.text();
      if (status >= 400) throw GcsError.of(status, text);
      return { status, headers, body: text };
    });
  }

  async json<Result>(asked: GcsRequest): Promise<Result> {
    return parseJson<Result>((await this.ask(asked)).body);
  }

  /** Gives the answer once it has begun. */
  async download(asked: GcsRequest): Promise<GcsDownload> {
    const { statusCode: status, headers, body } = await this.#send(asked, asked.signal);
    if (status >= 400) throw GcsError.of(status, await body.text());
    return { status, headers, body };
  }

  /** Who signs for these credentials; `undefined` where nobody can. */
  signer(signal: AbortSignal | undefined): Promise<Signer | undefined> {
    return this.#timed(signal, (deadline) => unlessAborted(this.#authorization.signer(), deadline));
  }

  async destroy(): Promise<void> {
    await this.#ownDispatcher?.destroy();
  }

  async #send(
    { method = 'GET', target, query = {}, headers = {}, body }: Partial<GcsRequest> & { readonly target: string },
    signal: AbortSignal | undefined,
  ): Promise<Dispatcher.ResponseData> {
    const isOwn = target.startsWith('/');
    const authorization = isOwn ? await unlessAborted(this.#authorization.headers(), signal) : {};
    const url = `${isOwn ? this.endpoint : ''}${target}${queryText(query)}`;
    return request(url, {
      dispatcher: this.#dispatcher,
      method,
      headers: { ...authorization, ...headers },
      body: body ?? null,
      signal: signal ?? null,
    });
  }

  async #timed<Result>(
    signal: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const { requestTimeout } = this.#config;
    const deadline = AbortSignal.timeout(requestTimeout);
    try {
      return await work(signal === undefined ? deadline : AbortSignal.any([deadline, signal]));
    } catch (error) {
      if (!deadline.aborted || signal?.aborted) throw error;
      throw new StackError({ code: 'TIMEOUT', message: `there was no answer within ${requestTimeout} ms` });
    }
  }
}

/** What an answer holds. An answer that is cut short is UNAVAILABLE. */
export function parseJson<Result>(text: string): Result {
  try {
    return JSON.parse(text) as Result;
  } catch (cause) {
    throw new StackError({ code: 'UNAVAILABLE', message: 'the answer of the service is no JSON', cause });
  }
}

function queryText(query: NonNullable<GcsRequest['query']>): string {
  const parameters = Object.entries(query).filter(([, value]) => value !== undefined);
  const texts = parameters.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
  return texts.length === 0 ? '' : `?${texts.join('&')}`;
}

/** What waits for something that cannot be cancelled waits no longer. */
async function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return work;
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort);
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
