import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { ArtifactStoreCase } from '@stack/testkit';

/** A store with one fault, and the case whose name says it. */
export interface Mutant<Store> {
  /** After "a store that". */
  readonly fault: string;
  readonly store: Store;
  readonly convictedBy: ArtifactStoreCase;
}

export type Source = Uint8Array | Readable;

export async function bytesOf(source: Source): Promise<Buffer> {
  return source instanceof Readable ? buffer(source) : Buffer.from(source);
}

/** The pieces of a source as they come. */
export function piecesOf(source: Source): AsyncIterable<Buffer> | Iterable<Buffer> {
  return source instanceof Readable ? source : [Buffer.from(source)];
}

export const wholeObject = { start: 0, end: undefined, ifMatch: undefined, signal: undefined } as const;

export const unconditional = {
  ifAbsent: false,
  ifMatch: undefined,
  digest: undefined,
  writeId: undefined,
  signal: undefined,
} as const;
