import { readFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { defineComponentType } from '../component/component-type.ts';
import { StackError } from '../errors/index.ts';
import { isPlainObject } from '../json.ts';
import {
  apiVersion,
  type FlavorManifest,
  type Manifest,
  parseManifest,
  unsupportedApiVersion,
} from '../manifest/manifest.ts';

/** An installed integration, as its manifest describes it. */
export interface Integration {
  readonly manifest: Manifest;
  /** Folder of the package. */
  readonly folder: string;
}

/** A flavor of an installed integration, and where its module is found. */
export interface DiscoveredFlavor extends FlavorManifest {
  readonly package: string;
  readonly packageVersion: string;
  readonly packageFolder: string;
}

export interface Discovery {
  readonly integrations: readonly Integration[];
  readonly flavors: readonly DiscoveredFlavor[];
  /** What is wrong with single packages; the others are there all the same. */
  readonly problems: readonly StackError[];
}

/**
 * Finds the integrations among the direct dependencies of packages, by their manifests alone: no code of theirs runs.
 *
 * @param folders folders with a package.json: the project's root, and whatever brings flavors of its own. One without
 * a package.json has none. The first to name a package decides which copy of it is taken.
 */
export function discoverIntegrations(folders: readonly string[]): Discovery {
  const integrations = new Map<string, Integration>();
  const problems: StackError[] = [];
  for (const folder of folders) {
    for (const name of directDependencies(folder, problems)) {
      if (integrations.has(name)) continue;
      try {
        const integration = readIntegration(folder, name);
        if (integration !== undefined) integrations.set(name, integration);
      } catch (error) {
        if (!StackError.is(error)) throw error;
        problems.push(error);
      }
    }
  }
  const found = [...integrations.values()].sort((a, b) => (a.manifest.package < b.manifest.package ? -1 : 1));
  const flavors = found.flatMap(({ manifest, folder }) =>
    manifest.flavors.map((flavor) => ({
      ...flavor,
      package: manifest.package,
      packageVersion: manifest.version,
      packageFolder: folder,
    })),
  );
  return { integrations: found, flavors, problems: [...problems, ...conflicts(flavors)] };
}

/**
 * Makes the component types of integrations known to this process.
 *
 * @returns what is wrong with single types: they are described in another way already
 */
export function defineDiscoveredTypes(integrations: readonly Integration[]): StackError[] {
  const problems: StackError[] = [];
  for (const description of integrations.flatMap(({ manifest }) => manifest.componentTypes)) {
    try {
      defineComponentType(description);
    } catch (error) {
      if (!StackError.is(error)) throw error;
      problems.push(error);
    }
  }
  return problems;
}

function directDependencies(folder: string, problems: StackError[]): string[] {
  const file = join(folder, 'package.json');
  let text: string | undefined;
  try {
    text = readIfThere(file);
  } catch (error) {
    if (!StackError.is(error)) throw error;
    problems.push(error);
  }
  if (text === undefined) return [];
  const value = parseObject(text);
  if (value === undefined) {
    problems.push(new StackError({ code: 'MANIFEST_INVALID', message: `${file} is not valid JSON.` }));
    return [];
  }
  const groups = [value.dependencies, value.optionalDependencies, value.devDependencies];
  return groups.flatMap((group) => (isPlainObject(group) ? Object.keys(group) : []));
}

/** The integration that a dependency is; `undefined` for one that is none, or is not installed. */
function readIntegration(fromFolder: string, name: string): Integration | undefined {
  const { folder, text } = findPackage(fromFolder, name) ?? {};
  const description = text === undefined ? undefined : parseObject(text);
  if (folder === undefined || description === undefined || !isPlainObject(description.stack)) return undefined;
  const { apiVersion: version, manifest } = description.stack;
  if (version !== apiVersion) throw unsupportedApiVersion(name, version);
  const file = typeof manifest === 'string' ? join(folder, manifest) : undefined;
  const content = file === undefined ? undefined : readIfThere(file);
  if (content === undefined) {
    throw new StackError({
      code: 'MANIFEST_INVALID',
      message: `The package ${name} has no manifest${file === undefined ? '' : ` at ${file}`}.`,
      hint: 'Install the package again; when it is one of your workspace, build it.',
    });
  }
  return { manifest: parseManifest(content, name), folder };
}

function findPackage(fromFolder: string, name: string): { readonly folder: string; readonly text: string } | undefined {
  for (let folder = fromFolder; ; folder = dirname(folder)) {
    // Put together by hand: for many packages, normalising paths takes a tenth of the time.
    const candidate = `${folder === sep ? '' : folder}${sep}node_modules${sep}${name}`;
    const text = readIfThere(`${candidate}${sep}package.json`);
    if (text !== undefined) return { folder: candidate, text };
    if (folder === dirname(folder)) return undefined;
  }
}

function conflicts(flavors: readonly DiscoveredFlavor[]): StackError[] {
  return [...Map.groupBy(flavors, ({ type, name }) => `${type}/${name}`)]
    .filter(([, sameName]) => sameName.length > 1)
    .map(([flavor, sameName]) => {
      const packages = sameName.map((candidate) => candidate.package);
      const [, shortName] = flavor.split('/');
      return new StackError({
        code: 'FLAVOR_CONFLICT',
        message: `The packages ${packages.join(' and ')} both offer the flavor ${flavor}.`,
        hint: `Say which one: --flavor ${packages[0]}:${shortName}`,
      });
    });
}

/**
 * Reads without asking first whether the file exists: with many packages, asking would take as long as reading.
 *
 * @throws MANIFEST_INVALID when it is there and cannot be read
 */
function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new StackError({
      code: 'MANIFEST_INVALID',
      message: `${file} cannot be read: ${(error as Error).message}`,
      hint: 'Install the package again.',
      cause: error,
    });
  }
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isPlainObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
