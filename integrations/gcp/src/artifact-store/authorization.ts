import { readFile } from 'node:fs/promises';
import { StackError } from '@stack/core';
import { type AuthClient, GoogleAuth, gaxios, type JWTInput } from 'google-auth-library';
import type { GcsArtifactStoreConfig } from './config.ts';
import { GcsError } from './gcs-error.ts';

/** Who signs, and what: in Base64. */
export interface Signer {
  readonly email: string;
  sign(text: string): Promise<string>;
}

const scopes = ['https://www.googleapis.com/auth/cloud-platform'];

/** The credentials of a store. */
export class Authorization {
  readonly #config: GcsArtifactStoreConfig;
  readonly #authClient: AuthClient | undefined;
  #connecting: Promise<GoogleAuth | undefined> | undefined;

  constructor(config: GcsArtifactStoreConfig, authClient: AuthClient | undefined) {
    this.#config = config;
    this.#authClient = authClient;
  }

  /**
   * What goes along with each request.
   *
   * @throws CONFIG_INVALID for a text or file that is no credentials
   * @throws ACCESS_DENIED when Google gives no token for them
   */
  async headers(): Promise<Readonly<Record<string, string>>> {
    const { token, userProject, apiEndpoint } = this.#config;
    const auth = await this.#connect();
    const headers = auth === undefined ? [] : await explained(auth.getRequestHeaders(apiEndpoint));
    return {
      ...Object.fromEntries(headers),
      ...(auth === undefined && token !== undefined && { authorization: `Bearer ${token.reveal()}` }),
      ...(userProject !== undefined && { 'x-goog-user-project': userProject }),
    };
  }

  /** `undefined` where there is nobody: for a token alone, or no credentials. @throws as `headers` */
  async signer(): Promise<Signer | undefined> {
    const auth = await this.#connect();
    if (auth === undefined) return undefined;
    const client = await explained(auth.getClient());
    const { email = (await explained(auth.getCredentials())).client_email } = client as { email?: string };
    if (email === undefined) return undefined;
    return { email, sign: (text) => explained(auth.sign(text)) };
  }

  #connect(): Promise<GoogleAuth | undefined> {
    this.#connecting ??= this.#createAuth();
    return this.#connecting;
  }

  /** `undefined` where a token is all there is, or nothing. */
  async #createAuth(): Promise<GoogleAuth | undefined> {
    const { token, anonymous, credentials, keyFilename, requestTimeout } = this.#config;
    if (this.#authClient !== undefined) return new GoogleAuth({ authClient: this.#authClient });
    if (token !== undefined || anonymous) return undefined;
    const auth = new GoogleAuth({ scopes, clientOptions: { transporter: createTransporter(requestTimeout) } });
    // As options, the library prints a warning for them: it is meant for credentials that strangers hand in.
    if (credentials !== undefined) auth.jsonContent = parseCredentials(credentials.reveal(), 'the credentials are');
    if (keyFilename !== undefined) {
      auth.jsonContent = parseCredentials(await readKeyFile(keyFilename), `the file ${keyFilename} is`);
    }
    return auth;
  }
}

async function readKeyFile(keyFilename: string): Promise<string> {
  try {
    return await readFile(keyFilename, 'utf8');
  } catch (cause) {
    throw new StackError({
      code: 'CONFIG_INVALID',
      message: `the keyFilename ${keyFilename} cannot be read: ${cause instanceof Error ? cause.message : cause}`,
      hint: 'Correct the path, which is relative to where the program runs, or the permissions of the file.',
      cause,
    });
  }
}

function parseCredentials(text: string, what: string): JWTInput {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null) return parsed;
  } catch {
    // What the parser says holds parts of it.
  }
  throw new StackError({
    code: 'CONFIG_INVALID',
    message: `${what} no JSON object`,
    hint: 'Give a credentials file as Google hands it out: its text as credentials, or its path as keyFilename.',
  });
}

/** Asks for tokens. What fails is tried again by the store, so not here as well. */
function createTransporter(timeout: number): gaxios.Gaxios {
  const transporter = new gaxios.Gaxios({ timeout });
  transporter.interceptors.request.add({
    resolved: async (options) => Object.assign(options, { retry: false, retryConfig: undefined }),
  });
  return transporter;
}

async function explained<Result>(asking: Promise<Result>): Promise<Result> {
  try {
    return await asking;
  } catch (error) {
    const { status } = error as { status?: unknown };
    if (typeof status === 'number' && status >= 429) {
      throw new GcsError(status, undefined, `who gives tokens answers with status ${status}`);
    }
    // Nobody could be asked.
    if (error instanceof gaxios.GaxiosError && status === undefined) throw error;
    throw new StackError({
      code: 'ACCESS_DENIED',
      message: `there are no credentials that Google takes: ${error instanceof Error ? error.message : error}`,
      hint: 'Set credentials or keyFilename, or log in: gcloud auth application-default login',
      cause: error,
    });
  }
}
