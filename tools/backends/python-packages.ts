import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CachedInstallation, cachedInstallation } from './cached-installation.ts';
import { runInstaller } from './run-installer.ts';

/** A Python with packages of PyPI, each with its exact version in a file of requirements. */
export function pythonPackages(name: string, requirements: string): CachedInstallation {
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  const program = join('bin', 'python');
  return cachedInstallation({
    name: `${name}-${digest.slice(0, 12)}`,
    program,
    installer: ['python3', '--version'],
    async fill(folder) {
      await runInstaller('python3', ['-m', 'venv', folder]);
      // By the interpreter, since scripts name the folder that they were made in.
      await runInstaller(join(folder, program), ['-m', 'pip', 'install', '--quiet', '-r', requirements]);
    },
  });
}
