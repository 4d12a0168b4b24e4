import type { IncomingHttpHeaders } from 'node:http';
import type { StoredStat, WriteRequest } from '@stack/core';

/** An object as the JSON API tells of it, as far as it is asked. */
export interface ObjectResource {
  readonly name: string;
  readonly size: string;
  /** A number that grows with each write of the object. */
  readonly generation: string;
  readonly timeCreated: string;
  readonly crc32c?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** What to ask for of an object. */
export const objectFields = 'name,size,generation,timeCreated,crc32c,metadata';

const metadataNames = { sha256: 'stack-sha256', writeId: 'stack-write-id' };

export function storedStat({ size, generation, timeCreated, metadata = {} }: ObjectResource): StoredStat {
  return {
    size: Number(size),
    modifiedAt: new Date(timeCreated),
    etag: generation,
    sha256: metadata[metadataNames.sha256],
    writeId: metadata[metadataNames.writeId],
  };
}

/** What is kept of a write in the metadata of its object, as far as it is known. */
export function metadataOf({ digest, writeId }: Partial<WriteRequest>): Record<string, string> {
  return {
    ...(digest?.sha256 !== undefined && { [metadataNames.sha256]: digest.sha256 }),
    ...(writeId !== undefined && { [metadataNames.writeId]: writeId }),
  };
}

/** What the XML API tells of an object along with its bytes. */
export function statOfHeaders(headers: IncomingHttpHeaders): StoredStat {
  const text = (name: string) => headers[name]?.toString();
  const total = /\/(\d+)$/.exec(text('content-range') ?? '')?.[1];
  return {
    size: Number(total ?? text('x-goog-stored-content-length') ?? text('content-length') ?? 0),
    modifiedAt: new Date(text('last-modified') ?? 0),
    etag: text('x-goog-generation') ?? '',
    sha256: text(`x-goog-meta-${metadataNames.sha256}`),
  };
}

/** The CRC32C of the whole object, in Base64. */
export function crc32cOfHeaders(headers: IncomingHttpHeaders): string | undefined {
  return /\bcrc32c=([A-Za-z0-9+/=]+)/.exec(String(headers['x-goog-hash']))?.[1];
}
