import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { join } from 'node:path';
import type { FlavorRecord } from '@stack/store';
import type { FlavorEntry } from './flavor-catalog.ts';

/** How the snapshot of a registered flavor compares with what is on this machine. Runs no code of the flavor. */
export function snapshotState(
  root: string,
  { source, files }: Pick<FlavorRecord, 'source' | 'files'>,
): Pick<FlavorEntry, 'isStale' | 'missing'> {
  const module = source.slice(0, source.lastIndexOf('#'));
  const compared = Object.entries(files).map(([path, registered]) => {
    const digest = fileDigest(root, path);
    return { path, isThere: digest !== undefined, isSame: digest === registered };
  });
  if (compared.length === 0) {
    return {
      isStale: false,
      missing: isInstalled(root, module) ? [] : [{ kind: 'package', name: packageName(module) }],
    };
  }
  // What was written since may no longer import a file that is gone.
  const isRewritten = compared.some(({ isThere, isSame }) => isThere && !isSame);
  const missing = compared
    .filter(({ path, isThere }) => !isThere && (!isRewritten || join(root, path) === join(root, module)))
    .map(({ path }) => ({ kind: 'file', name: path }) as const);
  return { isStale: compared.some(({ isSame }) => !isSame), missing };
}

/** The sha256 of a file of the project; `undefined` when it cannot be read. */
function fileDigest(root: string, path: string): string | undefined {
  try {
    return createHash('sha256')
      .update(readFileSync(join(root, path)))
      .digest('hex');
  } catch {
    return undefined;
  }
}

function isInstalled(root: string, module: string): boolean {
  try {
    return findPackageJSON(module, join(root, 'package.json')) !== undefined;
  } catch {
    return false;
  }
}

/** `@acme/flavors` of `@acme/flavors/disk`. */
function packageName(module: string): string {
  return module
    .split('/')
    .slice(0, module.startsWith('@') ? 2 : 1)
    .join('/');
}
