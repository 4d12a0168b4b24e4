import type { S3 } from '@aws-sdk/client-s3';

/** How an etag stands in a condition, where one is honoured: quoted, as HTTP has it, or bare. */
export type EtagForm = 'quoted' | 'bare';

/** An etag that no object has. */
const otherEtag = '00000000000000000000000000000000';

/**
 * What a server that speaks S3 makes of the conditions of a write. Many ignore some, and would overwrite; so each kind is
 * tried out on an object that is hidden from listings, the first time it is needed. AWS honours all of them.
 */
export class ConditionalWrites {
  readonly #client: S3;
  readonly #bucket: string;
  readonly #hiddenKey: () => string;
  readonly #observed = new Map<string, Promise<unknown>>();

  /** @param hiddenKey gives a new key that is none of an artifact */
  constructor(client: S3, bucket: string, hiddenKey: () => string) {
    this.#client = client;
    this.#bucket = bucket;
    this.#hiddenKey = hiddenKey;
  }

  /** Whether a write may be bound to that there is no object. */
  ifAbsent(): Promise<boolean> {
    return this.#observe('ifAbsent', true, async (target) => this.#isRefused({ ...target, IfNoneMatch: '*' }));
  }

  /** How a write is bound to the etag of an object; `undefined` when it cannot be. */
  ifMatch(): Promise<EtagForm | undefined> {
    return this.#observe<EtagForm | undefined>('ifMatch', 'quoted', async (target, etag) => {
      for (const form of ['quoted', 'bare'] as const) {
        if (await this.#isRefused({ ...target, IfMatch: formatEtag(etag, form) })) continue;
        return (await this.#isRefused({ ...target, IfMatch: formatEtag(otherEtag, form) })) ? form : undefined;
      }
      return undefined;
    });
  }

  /** Whether the completion of an upload in parts may be bound to conditions. */
  completion(): Promise<boolean> {
    return this.#observe('completion', true, async (target) => {
      const { UploadId } = await this.#client.createMultipartUpload(target);
      const upload = { ...target, UploadId };
      const { ETag } = await this.#client.uploadPart({ ...upload, PartNumber: 1, Body: 'x' });
      const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
      try {
        await this.#client.completeMultipartUpload({ ...upload, MultipartUpload, IfNoneMatch: '*' });
        return false;
      } catch (error) {
        await this.#client.abortMultipartUpload(upload);
        return isRefusal(error);
      }
    });
  }

  /** Whether a copy may be bound to conditions. */
  copy(): Promise<boolean> {
    return this.#observe('copy', true, async (target) => {
      const CopySource = copySource(target.Bucket, target.Key);
      const copy = { ...target, CopySource, MetadataDirective: 'REPLACE', IfNoneMatch: '*' } as const;
      return this.#client.copyObject(copy).then(() => false, isRefusal);
    });
  }

  async #observe<Result>(
    name: string,
    onAws: Result,
    look: (target: { readonly Bucket: string; readonly Key: string }, etag: string) => Promise<Result>,
  ): Promise<Result> {
    // The client finds out by its first request whether the environment names another endpoint.
    if (!this.#client.config.isCustomEndpoint) return onAws;
    const known = this.#observed.get(name);
    if (known !== undefined) return known as Promise<Result>;
    const looking = this.#onHiddenObject(look);
    this.#observed.set(name, looking);
    looking.catch(() => this.#observed.delete(name));
    return looking;
  }

  async #onHiddenObject<Result>(
    look: (target: { readonly Bucket: string; readonly Key: string }, etag: string) => Promise<Result>,
  ): Promise<Result> {
    const target = { Bucket: this.#bucket, Key: this.#hiddenKey() };
    const { ETag } = await this.#client.putObject({ ...target, Body: 'x' });
    try {
      return await look(target, bareEtag(ETag));
    } finally {
      await this.#client.deleteObject(target);
    }
  }

  async #isRefused(write: Parameters<S3['putObject']>[0]): Promise<boolean> {
    return this.#client.putObject({ ...write, Body: 'x' }).then(() => false, isRefusal);
  }
}

/** An etag as the store gives it: without quotes, which some servers leave out in some answers. */
export function bareEtag(etag = ''): string {
  return etag.replace(/^"(.*)"$/, '$1');
}

export function formatEtag(etag: string, form: EtagForm): string {
  return form === 'quoted' ? `"${etag}"` : etag;
}

/** An object as the source of a copy. */
export function copySource(bucket: string, key: string): string {
  return [bucket, ...key.split('/')].map(encodeURIComponent).join('/');
}

/** Whether a condition did not hold. Rejects for any other error. */
function isRefusal(error: unknown): boolean {
  if (error instanceof Error && ['PreconditionFailed', 'ConditionalRequestConflict'].includes(error.name)) return true;
  // A server that knows no conditions, and says so.
  if (error instanceof Error && error.name === 'NotImplemented') return false;
  throw error;
}
