import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Secret, TemporaryFolder } from '@stack/core';

export interface SecretFiles extends AsyncDisposable {
  /** The path of each file, by the name of its secret. */
  readonly paths: ReadonlyMap<string, string>;
}

/**
 * Writes secrets into files that this user alone can read, mode 0600 in a folder of mode 0700. Disposing removes them, and
 * the end of the process too; where that is killed, the next one that makes temporary files.
 *
 * @param secrets by the names of their files
 */
export async function writeSecretFiles(secrets: Readonly<Record<string, Secret>>): Promise<SecretFiles> {
  const entries = Object.entries(secrets);
  const paths = new Map<string, string>();
  if (entries.length === 0) return { paths, [Symbol.asyncDispose]: async () => {} };
  await using disposables = new AsyncDisposableStack();
  const folder = disposables.use(new TemporaryFolder('secrets'));
  for (const [name, secret] of entries) {
    const path = join(folder.path, name);
    await writeFile(path, secret.reveal(), { mode: 0o600, flag: 'wx' });
    paths.set(name, path);
  }
  const kept = disposables.move();
  return { paths, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
