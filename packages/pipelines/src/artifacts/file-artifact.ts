import { chmod, copyFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { type ArtifactStore, type OperationOptions, onDisk, type StoredObject } from '@stack/core';
import { downloadObject, openFile, openObject, placeNew } from './local-copy.ts';
import type { ValueScope } from './value-scope.ts';

/** Where the bytes of a file are. Shared by all copies of this package. */
export const fileSource: unique symbol = Symbol.for('@stack/file-source') as never;

export type FileSource =
  | { readonly kind: 'local'; readonly path: string }
  | { readonly kind: 'stored'; readonly store: ArtifactStore; readonly object: StoredObject };

/**
 * A file as the output of a step, and as the input of another. It is its bytes alone: neither its name nor whether it can be
 * executed is kept. Where these matter, return a `directoryArtifact`.
 */
export interface FileArtifact {
  readonly [fileSource]: FileSource;
  /**
   * The path of the file on this machine. One that was stored is downloaded by the first call, and checked: to a place of
   * its own, read-only, and removed when the step has ended.
   *
   * @throws INTEGRITY when the bytes are not those that were written
   * @throws NOT_FOUND when they are gone
   */
  path(): Promise<string>;
  /** Makes a copy at a path where nothing is, as a whole. @throws ALREADY_EXISTS, and what `path` throws */
  copyTo(path: string): Promise<void>;
  /** A stream of the bytes, which needs no room on this disk. What goes wrong breaks the stream. */
  openRead(): Readable;
}

/**
 * A file of this machine as the output of a step. It is read when the step returns it, and has to stay as it is until the
 * step has ended: `context.temporaryFolder` is a place for it.
 */
export function fileArtifact(path: string): FileArtifact {
  const absolute = resolve(path);
  return Object.freeze({
    [fileSource]: { kind: 'local', path: absolute } as const,
    path: async () => absolute,
    copyTo: (target: string) =>
      placeNew(target, (partial) => onDisk('read', absolute, () => copyFile(absolute, partial))),
    openRead: () => openFile(absolute),
  });
}

/** Whether a value is a file, of any copy of this package. */
export function isFileArtifact(value: unknown): value is FileArtifact {
  return typeof value === 'object' && value !== null && fileSource in value;
}

/** A file that is stored. What it leaves on this machine is gone with the scope. */
export function storedFile(
  store: ArtifactStore,
  object: StoredObject,
  scope: ValueScope,
  options: OperationOptions,
): FileArtifact {
  let path: Promise<string> | undefined;
  const download = async () => {
    const copy = join(scope.makePlace(), 'file');
    await downloadObject(store, object, copy, options);
    await chmod(copy, 0o444);
    return copy;
  };
  return Object.freeze({
    [fileSource]: { kind: 'stored', store, object } as const,
    path: () => {
      path ??= download();
      return path;
    },
    copyTo: (target: string) => placeNew(target, (partial) => downloadObject(store, object, partial, options)),
    openRead: () => scope.own(openObject(store, object, options)),
  });
}
