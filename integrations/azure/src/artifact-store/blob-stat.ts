import type { StoredStat, WriteRequest } from '@stack/core';

/** What is kept of a write in the metadata of its blob. */
const metadataNames = { sha256: 'stack_sha256', writeId: 'stack_write_id' };

/** What all answers say of a blob. */
export interface BlobProperties {
  readonly etag?: string | undefined;
  readonly lastModified?: Date | undefined;
  readonly contentLength?: number | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly contentType?: string | undefined;
}

/** The type of what stands for a moment where staged blocks are thrown away. */
export const placeholderType = 'application/vnd.stack.placeholder';

/** Whether a blob is no object, but only stands where staged blocks were thrown away. */
export function isPlaceholder({ contentType }: Pick<BlobProperties, 'contentType'>): boolean {
  return contentType === placeholderType;
}

export function storedStat({ etag, lastModified, contentLength, metadata = {} }: BlobProperties): StoredStat {
  return {
    size: contentLength ?? 0,
    modifiedAt: lastModified ?? new Date(0),
    etag: etag ?? '',
    sha256: metadata[metadataNames.sha256],
    writeId: metadata[metadataNames.writeId],
  };
}

/** The metadata that a write leaves with its blob. */
export function metadataOf({ digest, writeId }: WriteRequest): Record<string, string> {
  return {
    ...(digest?.sha256 !== undefined && { [metadataNames.sha256]: digest.sha256 }),
    ...(writeId !== undefined && { [metadataNames.writeId]: writeId }),
  };
}
