import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The target of an entry of "exports": a file, or a file for each condition. */
export type ExportTarget = string | Readonly<Record<string, string>>;

export type ExportMap = Readonly<Record<string, ExportTarget>>;

type Dependencies = Readonly<Record<string, string>>;

/** The fields of a package.json that the tools look at. */
export interface PackageManifest {
  readonly name: string;
  readonly version?: string;
  readonly description?: string;
  readonly license?: string;
  readonly type?: string;
  readonly private?: boolean;
  readonly sideEffects?: boolean | readonly string[];
  readonly engines?: { readonly node?: string };
  readonly files?: readonly string[];
  readonly exports?: ExportMap;
  readonly bin?: Readonly<Record<string, string>>;
  readonly publishConfig?: { readonly access?: string; readonly exports?: ExportMap };
  readonly stack?: { readonly apiVersion?: number; readonly manifest?: string };
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Dependencies;
  readonly devDependencies?: Dependencies;
  readonly peerDependencies?: Dependencies;
  readonly optionalDependencies?: Dependencies;
}

export const sourceCondition = '@stack/source';

export function readPackageManifest(folder: string): PackageManifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as PackageManifest;
}

/** What is wrong with the entries of a package, whatever files there are. */
export function exportMapProblems({ exports = {}, publishConfig = {} }: PackageManifest): string[] {
  const subpaths = Object.keys(exports);
  const problems: string[] = [];
  if (subpaths[0] !== '.') problems.push('"exports" must begin with "."');
  if (subpaths.at(-1) !== './package.json') problems.push('"exports" must end with "./package.json"');
  for (const [subpath, target] of Object.entries(exports)) {
    if (typeof target === 'string') continue;
    const conditions = Object.keys(target).join(', ');
    const expected = `${sourceCondition}, types, default`;
    if (conditions !== expected) {
      problems.push(
        `the conditions of "${subpath}" in "exports" must be ${expected}, in this order; they are ${conditions}`,
      );
    }
  }
  const published = Object.fromEntries(subpaths.map((subpath) => [subpath, publishedTarget(exports[subpath] ?? '')]));
  // Compared as text, since the order of subpaths and conditions means something.
  if (JSON.stringify(published) !== JSON.stringify(publishConfig.exports)) {
    problems.push(`"publishConfig.exports" must be "exports" without the condition ${sourceCondition}`);
  }
  return problems;
}

/** Entries of a package whose file is not there. */
export function missingTargets(
  folder: string,
  { exports = {}, publishConfig, bin = {}, stack }: PackageManifest,
): string[] {
  const maps = { exports, 'publishConfig.exports': publishConfig?.exports ?? {}, bin };
  const targets = Object.entries(maps).flatMap(([field, map]) =>
    Object.entries(map).flatMap(([entry, target]) =>
      (typeof target === 'string' ? [target] : Object.values(target)).map((file) => ({
        where: `"${entry}" in "${field}"`,
        file,
      })),
    ),
  );
  if (stack !== undefined) targets.push({ where: '"stack.manifest"', file: stack.manifest ?? '' });
  return targets
    .filter(({ file }) => file === '' || !existsSync(join(folder, file)))
    .map(({ where, file }) => `${where} points to ${file || 'nothing'}, and there is no such file`);
}

function publishedTarget(target: ExportTarget): ExportTarget {
  if (typeof target === 'string') return target;
  return Object.fromEntries(Object.entries(target).filter(([condition]) => condition !== sourceCondition));
}
