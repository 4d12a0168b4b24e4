import { join } from 'node:path';
import { type CachedInstallation, cachedInstallation } from './cached-installation.ts';
import { runInstaller } from './run-installer.ts';

export interface NpmPackage {
  readonly name: string;
  readonly version: string;
  /** A day by which all that it depends on is chosen: no newer version is taken. */
  readonly chosenOn: string;
  /** The module of it that is run. */
  readonly module: string;
}

/** A package of npm apart from those of this repository, so that `npm install` there stays small. */
export function npmPackage({ name, version, chosenOn, module }: NpmPackage): CachedInstallation {
  return cachedInstallation({
    name: `${name}-${version}`,
    program: join('node_modules', name, module),
    installer: ['npm', '--version'],
    async fill(folder) {
      const where = ['--prefix', folder, '--before', chosenOn];
      const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
      await runInstaller('npm', ['install', ...where, ...options, `${name}@${version}`]);
    },
  });
}
