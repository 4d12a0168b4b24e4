import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { StackError } from '@stack/core/errors';

/** The folder, at a project's root, in which everything is that Stack keeps. */
export const stateFolder = '.stack';

/** The SQLite file of a project. */
export function storeFile(root: string): string {
  return join(root, stateFolder, 'stack.db');
}

/** The nearest folder, from this one upwards, that `stack init` made a project; `undefined` when there is none. */
export function findProjectRoot(from: string): string | undefined {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    if (existsSync(storeFile(folder))) return folder;
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
