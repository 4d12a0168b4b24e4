import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { npmPackages } from '../../backends/npm-package.ts';

/** What others are made of: hundreds of packages, which are no part of an installation of this repository. */
export const rivalVersions = {
  '@mastra/core': '1.71.0',
  '@mastra/libsql': '1.23.1',
  '@dbos-inc/dbos-sdk': '5.3.0',
  '@restatedev/restate-server': '1.7.12',
  '@restatedev/restate-sdk': '1.17.2',
  zod: '4.6.7',
} as const;

const chosenOn = '2026-11-25';
const versions = JSON.stringify([rivalVersions, chosenOn]);

export const rivalPackages = npmPackages({
  name: `pipeline-rivals-${createHash('sha256').update(versions).digest('hex').slice(0, 12)}`,
  packages: rivalVersions,
  chosenOn,
  file: '@restatedev/restate-sdk/package.json',
});

/** A module of theirs. Its types are what the caller says, since they are not installed where this is compiled. */
export function requireRival<Module>(specifier: string): Module {
  return createRequire(join(rivalPackages.folder, 'package.json'))(specifier) as Module;
}

/** `name version` of some of them, to be told. */
export function describeRivals(...names: readonly (keyof typeof rivalVersions)[]): string {
  return names.map((name) => `${name} ${rivalVersions[name]}`).join(', ');
}
