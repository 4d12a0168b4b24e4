import { basename } from 'node:path';
import { type CachedInstallation, cachedInstallation } from './cached-installation.ts';
import { runInstaller } from './run-installer.ts';

/** A program that is the main package of a Go module; all that it is made of is pinned by the module itself. */
export function goProgram(module: string, version: string): CachedInstallation {
  const program = basename(module);
  return cachedInstallation({
    name: `${program}-${version}`,
    program,
    installer: ['go', 'version'],
    async fill(folder) {
      await runInstaller('go', ['install', `${module}@${version}`], { GOBIN: folder });
    },
  });
}
