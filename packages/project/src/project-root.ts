import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { StackError } from '@stack/core/errors';
import type { StoreLocation } from '@stack/store';

/** The folder, at a project's root, in which everything is that Stack keeps. */
export const stateFolder = '.stack';

/** What `stack init` writes into the folder before all else. A `.stack` without it is of another program. */
export const markerFile = '.gitignore';

/** Where the metadata store of a project is: where `STACK_STORE_URL` says, else in a SQLite file of the project. */
export function storeLocation(root: string): StoreLocation {
  const url = process.env.STACK_STORE_URL;
  return url === undefined || url === '' ? { file: join(root, stateFolder, 'stack.db') } : { url };
}

/** The nearest folder, from this one upwards, that `stack init` made a project; `undefined` when there is none. */
export function findProjectRoot(from: string): string | undefined {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    if (existsSync(join(folder, stateFolder, markerFile))) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

/** @throws PROJECT_NOT_FOUND */
export function requireProjectRoot(from: string): string {
  const root = findProjectRoot(from);
  if (root !== undefined) return root;
  throw new StackError({
    code: 'PROJECT_NOT_FOUND',
    message: `There is no Stack project at ${resolve(from)} or above it.`,
    hint: 'Make one at the root of your repository: stack init',
  });
}
