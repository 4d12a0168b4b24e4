import type {
  CompletedPart,
  CompleteMultipartUploadRequest,
  CreateMultipartUploadRequest,
  S3,
  UploadPartRequest,
} from '@aws-sdk/client-s3';
import { StackError } from '@stack/core';
import { type RequestOptions, requestOptions } from '../connection/request-options.ts';

/** How many parts an object can have. */
const maximumParts = 10_000;

export interface UploadOptions<Result> {
  readonly client: S3;
  /** Bucket and key of the object, and what it is to have beside its bytes. */
  readonly object: CreateMultipartUploadRequest;
  /** How many parts are under way at once. */
  readonly concurrency: number;
  readonly signal: AbortSignal | undefined;
  /** Sends a request, again where that may help. */
  readonly send: Send;
  /** Gives the next part to send, in order, and how: called again before the last one was sent. `undefined` at the end. */
  readonly nextPart: () => Promise<SendPart | undefined>;
  /** No part is wanted any more: whoever waits for one waits no longer. */
  readonly close: () => void;
  /** Makes the object of its parts. */
  readonly complete: (upload: CompleteMultipartUploadRequest) => Promise<Result>;
}

export type Send = <Result>(signal: AbortSignal | undefined, request: () => Promise<Result>) => Promise<Result>;
export type SendPart = (
  part: Pick<UploadPartRequest, 'Bucket' | 'Key' | 'UploadId' | 'PartNumber'>,
  request: RequestOptions | undefined,
) => Promise<Pick<CompletedPart, 'ETag' | 'ChecksumCRC32'>>;

/** Uploads an object in parts, which is not seen before it is complete. When anything fails nothing is left of it. */
export async function uploadInParts<Result>(options: UploadOptions<Result>): Promise<Result> {
  const { client, object, signal, send } = options;
  const { UploadId } = await send(signal, () => client.createMultipartUpload(object, requestOptions(signal)));
  const upload = { Bucket: object.Bucket, Key: object.Key, UploadId };
  try {
    const parts = await sendParts(upload, options);
    return await options.complete({ ...upload, MultipartUpload: { Parts: parts } });
  } catch (error) {
    // What cannot be removed now is garbage, which is collected later.
    await send(undefined, () => client.abortMultipartUpload(upload)).catch(() => {});
    throw error;
  }
}

async function sendParts(
  upload: Pick<UploadPartRequest, 'Bucket' | 'Key' | 'UploadId'>,
  { concurrency, signal, send, nextPart, close }: Omit<UploadOptions<unknown>, 'complete'>,
): Promise<CompletedPart[]> {
  const failing = new AbortController();
  const stop = signal === undefined ? failing.signal : AbortSignal.any([signal, failing.signal]);
  const parts: CompletedPart[] = [];
  let count = 0;
  const work = async () => {
    for (;;) {
      const PartNumber = ++count;
      const sendPart = await nextPart();
      if (sendPart === undefined || failing.signal.aborted) return;
      if (PartNumber > maximumParts) throw tooManyParts();
      const sent = await send(stop, () => sendPart({ ...upload, PartNumber }, requestOptions(stop)));
      parts.push({ ...sent, PartNumber });
    }
  };
  const workers = Array.from({ length: concurrency }, work);
  try {
    await Promise.all(workers);
  } catch (error) {
    failing.abort();
    close();
    throw error;
  } finally {
    // A part that came after the upload was given up would stay.
    await Promise.allSettled(workers);
  }
  return parts.sort((a, b) => Number(a.PartNumber) - Number(b.PartNumber));
}

function tooManyParts(): StackError {
  return new StackError({
    code: 'ARGUMENT_INVALID',
    message: `it has more than ${maximumParts} parts`,
    hint: 'Set a larger partSize.',
  });
}
