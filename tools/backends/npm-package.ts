import { spawnSync } from 'node:child_process';
import { type CachedInstallation, cachedInstallation } from './cached-installation.ts';
import { runInstaller } from './run-installer.ts';

export interface NpmPackage {
  readonly name: string;
  readonly version: string;
  /** A day by which all that it depends on is chosen: no newer version is taken. */
  readonly chosenOn: string;
}

/** A package of npm apart from those of this repository, so that `npm install` there stays small. */
export function npmPackage({ name, version, chosenOn }: NpmPackage): CachedInstallation {
  const installation = cachedInstallation({
    name: `${name}-${version}`,
    async fill(folder) {
      const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
      await runInstaller('npm', [
        'install',
        '--prefix',
        folder,
        '--before',
        chosenOn,
        ...options,
        `${name}@${version}`,
      ]);
    },
  });
  return {
    ...installation,
    findObstacle() {
      const obstacle = installation.findObstacle();
      if (obstacle !== undefined && spawnSync('npm', ['--version']).status !== 0) return 'there is no npm';
      return obstacle;
    },
  };
}
