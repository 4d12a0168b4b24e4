import type { ArtifactRecord, ArtifactStore, StoredObject } from '@stack/core';
import { type DirectoryArtifact, storedDirectory } from './directory-artifact.ts';
import { type FileArtifact, storedFile } from './file-artifact.ts';
import { type ObjectOptions, readObject } from './stored-object.ts';
import type { ValueScope } from './value-scope.ts';

/** What a materializer reads a value from: nothing is read before it is asked for, and all of it is checked. */
export interface StoredContent {
  /** The version of the materializer that wrote it. */
  readonly version: number;
  /** All bytes. @throws INTEGRITY, NOT_FOUND */
  bytes(): Promise<Buffer>;
  /** The bytes as a file of this machine, or as a stream. */
  file(): FileArtifact;
  /** What was serialized as a directory. */
  directory(): DirectoryArtifact;
}

export function storedContent(
  store: ArtifactStore,
  { contents, ...object }: StoredObject & Pick<ArtifactRecord, 'contents'>,
  version: number,
  scope: ValueScope,
  { signal, recent }: ObjectOptions,
): StoredContent {
  return {
    version,
    bytes: () => readObject(store, object, { signal, recent }),
    file: () => storedFile(store, object, scope, { signal }),
    directory: () => storedDirectory(store, { manifest: object, contents }, scope, { signal }),
  };
}
