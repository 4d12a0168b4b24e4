import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CachedInstallation, cachedInstallation } from './cached-installation.ts';
import { runInstaller } from './run-installer.ts';

/** Packages of PyPI, each with its exact version in a file of requirements, in an environment of their own. */
export function pythonPackages(name: string, requirements: string): CachedInstallation & { readonly python: string } {
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  const installation = cachedInstallation({
    name: `${name}-${digest.slice(0, 12)}`,
    async fill(folder) {
      await runInstaller('python3', ['-m', 'venv', folder]);
      // By the interpreter, since scripts name the folder that they were made in.
      await runInstaller(join(folder, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', '-r', requirements]);
    },
  });
  return {
    ...installation,
    python: join(installation.folder, 'bin', 'python'),
    findObstacle() {
      const obstacle = installation.findObstacle();
      if (obstacle !== undefined && spawnSync('python3', ['--version']).status !== 0) return 'there is no python3';
      return obstacle;
    },
  };
}
