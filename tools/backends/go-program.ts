import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { type CachedInstallation, cachedInstallation } from './cached-installation.ts';
import { runInstaller } from './run-installer.ts';

interface GoModule {
  readonly module: string;
  readonly version: string;
}

/** A program that is the main package of a Go module; all that it is made of is pinned by the module itself. */
export function goProgram({ module, version }: GoModule): CachedInstallation & { readonly program: string } {
  const name = module.split('/').at(-1) ?? module;
  const installation = cachedInstallation({
    name: `${name}-${version}`,
    fill: async (folder) => void (await runInstaller('go', ['install', `${module}@${version}`], { GOBIN: folder })),
  });
  return {
    ...installation,
    program: join(installation.folder, name),
    findObstacle() {
      const obstacle = installation.findObstacle();
      if (obstacle !== undefined && spawnSync('go', ['version']).status !== 0) return 'there is no Go to build it with';
      return obstacle;
    },
  };
}
