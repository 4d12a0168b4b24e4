import { rmSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Secret } from '@stack/core';
import { atExit } from './at-exit.ts';

export interface SecretFiles extends AsyncDisposable {
  /** The path of each file, by the name of its secret. */
  readonly paths: ReadonlyMap<string, string>;
}

/**
 * Writes secrets into files that this user alone can read, mode 0600 in a folder of mode 0700. Disposing removes them;
 * the end of the process does too, unless it is killed.
 *
 * @param secrets by the names of their files
 */
export async function writeSecretFiles(secrets: Readonly<Record<string, Secret>>): Promise<SecretFiles> {
  const entries = Object.entries(secrets);
  const paths = new Map<string, string>();
  if (entries.length === 0) return { paths, [Symbol.asyncDispose]: async () => {} };
  const folder = await mkdtemp(join(tmpdir(), 'stack-secrets-'));
  const removal = atExit(() => rmSync(folder, { recursive: true, force: true }));
  const remove = async () => {
    await rm(folder, { recursive: true, force: true });
    removal[Symbol.dispose]();
  };
  try {
    for (const [name, secret] of entries) {
      const path = join(folder, name);
      await writeFile(path, secret.reveal(), { mode: 0o600, flag: 'wx' });
      paths.set(name, path);
    }
  } catch (error) {
    await remove();
    throw error;
  }
  return { paths, [Symbol.asyncDispose]: remove };
}
