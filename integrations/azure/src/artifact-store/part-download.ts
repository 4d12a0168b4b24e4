import { finished } from 'node:stream/promises';
import type { BlobRequestConditions, BlockBlobClient } from '@azure/storage-blob';
import { StackError, type StoredStat } from '@stack/core';
import { azureErrorCode, serviceCodeOf } from './azure-error-code.ts';
import { type BlobProperties, isPlaceholder, storedStat } from './blob-stat.ts';

export interface PartDownloadOptions {
  readonly start: number;
  /** Byte after the last one. It may lie behind the end of the blob. */
  readonly end: number;
  /** What the blob has to be like at first. */
  readonly conditions: BlobRequestConditions;
  /** The version that other parts are of. Default: the one that is there. */
  readonly version?: StoredStat | undefined;
}

/** A range of a blob, and what there is to know of the whole. */
export interface BlobPart {
  readonly stat: StoredStat;
  /** The bytes as they came. */
  readonly chunks: readonly Buffer[];
}

/** A range of one version of a blob, on its way into memory. */
export class PartDownload {
  readonly #blob: BlockBlobClient;
  readonly #options: PartDownloadOptions;
  #stat: StoredStat | undefined;
  readonly #chunks: Buffer[] = [];
  #position = 0;
  #isReplaced = false;

  constructor(blob: BlockBlobClient, options: PartDownloadOptions) {
    this.#blob = blob;
    this.#options = options;
    this.#stat = options.version;
  }

  /** How many bytes have come. */
  get position(): number {
    return this.#position;
  }

  /** What came of it; `undefined` when there is another blob by now. */
  get result(): BlobPart | undefined {
    return this.#isReplaced || this.#stat === undefined ? undefined : { stat: this.#stat, chunks: this.#chunks };
  }

  /** Reads on from where it broke, if it did. */
  async goOn(abortSignal: AbortSignal): Promise<void> {
    const { start, end } = this.#options;
    const conditions = this.#stat === undefined ? this.#options.conditions : { ifMatch: this.#stat.etag };
    try {
      const from = start + this.#position;
      const answer = await this.#blob.download(from, end - from, { abortSignal, conditions, maxRetryRequests: 0 });
      const { etag, lastModified, metadata, contentType, contentLength = 0, contentRange } = answer;
      const size = /\/(\d+)$/.exec(contentRange ?? '')?.[1];
      this.#identify({ etag, lastModified, metadata, contentType, contentLength: Number(size ?? contentLength) });
      await this.#take(answer.readableStreamBody, abortSignal);
    } catch (error) {
      if (this.#stat !== undefined && isOfAnother(error)) this.#isReplaced = true;
      // The range lies behind the end.
      else if (serviceCodeOf(error) === 'InvalidRange') {
        this.#identify(await this.#blob.getProperties({ abortSignal, conditions }));
      } else throw error;
    }
  }

  #identify(properties: BlobProperties): void {
    if (isPlaceholder(properties)) throw new StackError({ code: 'NOT_FOUND', message: 'there is no such object' });
    this.#stat ??= storedStat(properties);
  }

  async #take(body: NodeJS.ReadableStream | undefined, abortSignal: AbortSignal): Promise<void> {
    if (body === undefined) return;
    try {
      body.on('data', (chunk: Buffer) => {
        this.#chunks.push(chunk);
        this.#position += chunk.byteLength;
      });
      await finished(body);
    } catch (error) {
      if (abortSignal.aborted) throw error;
      throw new StackError({ code: 'UNAVAILABLE', message: 'the connection broke', cause: error });
    }
  }
}

/** Whether there is another blob by now, or none. */
function isOfAnother(error: unknown): boolean {
  return ['PRECONDITION_FAILED', 'NOT_FOUND'].includes(azureErrorCode(error) ?? '');
}
