import { Crc32c } from './crc32c.ts';
import { type GcsClient, parseJson } from './gcs-client.ts';
import { GcsError } from './gcs-error.ts';
import type { ObjectResource } from './object-resource.ts';

/** What came of a chunk: the object, once the last one has arrived. */
type ChunkResult = ObjectResource | undefined;

/**
 * An upload that Cloud Storage knows by a URI, and of which nothing is seen before its last chunk has come. Google
 * forgets one that nobody goes on with after a week.
 */
export class UploadSession {
  readonly #client: GcsClient;
  readonly #uri: string;
  readonly #crc32c = new Crc32c();
  /** Bytes of the chunks before the one under way. */
  #position = 0;
  /** Bytes that have arrived, as far as the service has said. */
  #arrived = 0;
  #object: ObjectResource | undefined;

  constructor(client: GcsClient, uri: string) {
    this.#client = client;
    this.#uri = uri;
  }

  /** Whether the object that came of it has other bytes than were sent. */
  get isDamaged(): boolean {
    return this.#object?.crc32c !== undefined && this.#object.crc32c !== `${this.#crc32c}`;
  }

  /**
   * Takes the next chunk, and gives what sends it. When that fails it may be called again: the service ignores bytes that
   * have arrived before.
   */
  take(chunk: Uint8Array, isLast: boolean): (signal: AbortSignal | undefined) => Promise<ChunkResult> {
    const start = this.#position;
    this.#position += chunk.byteLength;
    this.#crc32c.update(chunk);
    return async (signal) => {
      for (;;) {
        const from = this.#arrived;
        if (from < start) throw new GcsError(410, undefined, 'chunks that had arrived are gone');
        const rest = chunk.subarray(from - start);
        const object = await this.#send(rest, from, isLast, signal);
        if (object !== undefined || (this.#arrived === this.#position && !isLast)) return object;
        if (this.#arrived <= from || this.#arrived > this.#position) {
          throw new GcsError(503, undefined, `only ${this.#arrived} of ${this.#position} bytes have arrived`);
        }
      }
    };
  }

  /** Gives the upload up, so that nothing of it is left. */
  async cancel(signal: AbortSignal): Promise<void> {
    await this.#client.ask({ method: 'DELETE', target: this.#uri, headers: { 'content-length': '0' }, signal });
  }

  async #send(bytes: Uint8Array, from: number, isLast: boolean, signal: AbortSignal | undefined): Promise<ChunkResult> {
    const total = isLast ? this.#position : '*';
    const range = bytes.byteLength === 0 ? '*' : `${from}-${from + bytes.byteLength - 1}`;
    const { status, headers, body } = await this.#client.ask({
      method: 'PUT',
      target: this.#uri,
      headers: {
        'content-range': `bytes ${range}/${total}`,
        ...(isLast && { 'x-goog-hash': `crc32c=${this.#crc32c}` }),
      },
      body: bytes,
      signal,
    });
    if (status !== 308) {
      this.#object = parseJson<ObjectResource>(body);
      return this.#object;
    }
    const last = /-(\d+)$/.exec(headers.range ?? '')?.[1];
    this.#arrived = last === undefined ? 0 : Number(last) + 1;
    return undefined;
  }
}
