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

export interface NpmPackages {
  /** Of the folder: with all that decides what is in it. */
  readonly name: string;
  /** Versions by name. */
  readonly packages: Readonly<Record<string, string>>;
  /** A day by which all that they depend on is chosen: no newer version is taken. */
  readonly chosenOn: string;
  /** A file that is there when they are installed, below `node_modules`. */
  readonly file: string;
}

/** A package of npm apart from those of this repository, so that `npm install` there stays small. */
export function npmPackage({ name, version, chosenOn, module }: NpmPackage): CachedInstallation {
  return npmPackages({
    name: `${name}-${version}`,
    packages: { [name]: version },
    chosenOn,
    file: join(name, module),
  });
}

/** Packages that are installed together. */
export function npmPackages({ name, packages, chosenOn, file }: NpmPackages): CachedInstallation {
  return cachedInstallation({
    name,
    program: join('node_modules', file),
    installer: ['npm', '--version'],
    async fill(folder) {
      const where = ['--prefix', folder, '--before', chosenOn];
      const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
      const wanted = Object.entries(packages).map(([each, version]) => `${each}@${version}`);
      await runInstaller('npm', ['install', ...where, ...options, ...wanted]);
    },
  });
}
