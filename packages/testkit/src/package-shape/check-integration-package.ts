import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import {
  type AnyFlavor,
  apiVersion,
  type FlavorManifest,
  flavorManifest,
  isFlavor,
  isPlainObject,
  type Problem,
  StackComponent,
  StackError,
} from '@stack/core';
import { parseManifest } from '@stack/core/manifest';
import { flavorsElsewhere } from './evaluated-package.ts';
import { schemaProblems } from './schema-problems.ts';

const packageNamePattern = /^(?:@stack\/integration-|(?:@[^/]+\/)?stack-integration-)[a-z0-9]+(?:-[a-z0-9]+)*$/;

/** The packages of which a process has to have one copy, so that the application brings them. */
const peers = ['@stack/core', 'zod'];

/**
 * Checks that a built package has the shape of an integration: the fields of its package.json, a manifest that says
 * what the code says on every machine, config schemas that can be stored and merged, and names by which people and
 * tools find things.
 *
 * @returns what is wrong, all of it; empty for a package that can be published
 * @throws ARGUMENT_INVALID when the folder has no package.json
 */
export async function checkIntegrationPackage(packageFolder: string): Promise<readonly Problem[]> {
  const file = join(packageFolder, 'package.json');
  if (!existsSync(file)) {
    throw new StackError({ code: 'ARGUMENT_INVALID', message: `There is no package.json in ${packageFolder}.` });
  }
  const description: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!isPlainObject(description)) return [{ path: 'package.json', message: 'is not an object' }];
  const problems = descriptionProblems(description);
  const entry = entryFile(packageFolder, description);
  if (entry === undefined) {
    const hint = 'Export it, and build the package.';
    return [...problems, { path: 'package.json: exports', message: 'the main entry "." is not there', hint }];
  }
  try {
    const module = (await import(pathToFileURL(entry).href)) as Readonly<Record<string, unknown>>;
    const flavors = Object.entries(module).filter((pair): pair is [string, AnyFlavor] => isFlavor(pair[1]));
    const described = flavors.map(([name, flavor]) => flavorManifest(flavor, name));
    return [
      ...problems,
      ...flavors.flatMap(([name, flavor]) => flavorProblems(name, flavor, module, description)),
      ...implementationProblems(module),
      ...manifestProblems(packageFolder, description, described),
      ...differences(await flavorsElsewhere(packageFolder, pathToFileURL(entry).href), described, (flavor) => ({
        path: flavor,
        message: 'is another on another machine, at another time or for another user',
        hint: 'Make the field optional, and look at the machine in the implementation, at run time.',
      })),
    ];
  } catch (error) {
    return [...problems, { path: '.', message: `importing the main entry fails: ${(error as Error).message}` }];
  }
}

function descriptionProblems({ name, type, stack, dependencies, peerDependencies, exports }: Record<string, unknown>) {
  const problems: Problem[] = [];
  const report = (field: string, message: string, hint?: string) =>
    void problems.push({ path: `package.json: ${field}`, message, ...(hint === undefined ? {} : { hint }) });
  if (typeof name !== 'string' || !packageNamePattern.test(name)) {
    report(
      'name',
      `"${name}" is not the name of an integration`,
      'Use stack-integration-<vendor>, with a scope or without.',
    );
  }
  if (type !== 'module') report('type', 'is not "module"');
  const { apiVersion: version, manifest } = isPlainObject(stack) ? stack : {};
  if (version !== apiVersion)
    report('stack.apiVersion', `is not ${apiVersion}`, `Add "stack": { "apiVersion": ${apiVersion} }.`);
  if (typeof manifest !== 'string') report('stack.manifest', 'does not say where the manifest is');
  for (const peer of peers) {
    if (!has(peerDependencies, peer)) report('peerDependencies', `${peer} is missing`);
    if (has(dependencies, peer)) report('dependencies', `${peer} is listed, and a process has to have one copy of it`);
  }
  if (!has(exports, './package.json')) report('exports', '"./package.json" is missing');
  return problems;
}

function flavorProblems(
  exportName: string,
  flavor: AnyFlavor,
  module: Readonly<Record<string, unknown>>,
  { exports }: Readonly<Record<string, unknown>>,
): Problem[] {
  const path = `${flavor.type}/${flavor.name}`;
  const prefix = camelCase(`${flavor.name}-${flavor.type}`);
  const problems: Problem[] = [];
  if (exportName !== `${prefix}Flavor`) {
    problems.push({ path, message: `is exported as ${exportName}`, hint: `Export it as ${prefix}Flavor.` });
  }
  if (module[`${prefix}ConfigSchema`] !== flavor.configSchema) {
    problems.push({ path, message: 'its config schema is not exported', hint: `Export it as ${prefix}ConfigSchema.` });
  }
  if (!has(exports, `./${flavor.type}`) && !has(exports, `./${path}`)) {
    const hint = `Export ./${flavor.type}, so that the class can be extended; ./${path} where the type has several flavors.`;
    problems.push({ path: 'package.json: exports', message: `the implementation of ${path} is missing`, hint });
  }
  const schemas = { config: flavor.configSchema, settings: flavor.settingsSchema };
  for (const [kind, schema] of Object.entries(schemas)) {
    problems.push(
      ...schemaProblems(schema).map((problem) => ({ ...problem, path: `${path} ${kind}: ${problem.path}` })),
    );
  }
  return problems;
}

function implementationProblems(module: Readonly<Record<string, unknown>>): Problem[] {
  const isImplementation = (value: unknown) => typeof value === 'function' && value.prototype instanceof StackComponent;
  return Object.entries(module)
    .filter(([, value]) => isImplementation(value))
    .map(([name]) => ({
      path: '.',
      message: `the main entry exports the implementation ${name}, and so loads what that needs`,
      hint: 'Leave it to the export of the component type.',
    }));
}

function manifestProblems(
  packageFolder: string,
  { name, version, stack }: Readonly<Record<string, unknown>>,
  described: readonly FlavorManifest[],
): Problem[] {
  const location = isPlainObject(stack) ? stack.manifest : undefined;
  if (typeof location !== 'string') return [];
  const rebuild = 'Build the package again.';
  const file = join(packageFolder, location);
  if (!existsSync(file)) return [{ path: location, message: 'the manifest is not there', hint: rebuild }];
  try {
    const manifest = parseManifest(readFileSync(file, 'utf8'), String(name));
    const problems = differences(manifest.flavors, described, (flavor) => ({
      path: location,
      message: `${flavor} is not what the code says`,
      hint: rebuild,
    }));
    if (manifest.package !== name || manifest.version !== version) {
      problems.push({ path: location, message: 'is that of another package or version', hint: rebuild });
    }
    return problems;
  } catch (error) {
    if (!StackError.is(error)) throw error;
    return [{ path: location, message: error.message, hint: rebuild }];
  }
}

/** A problem for each flavor that is in one of the lists, or other there than in the other. */
function differences(
  found: readonly unknown[],
  expected: readonly FlavorManifest[],
  describe: (flavor: string) => Problem,
): Problem[] {
  const byName = (flavors: readonly unknown[]) =>
    new Map((flavors as readonly FlavorManifest[]).map((flavor) => [`${flavor.type}/${flavor.name}`, flavor]));
  // As JSON has it: what is undefined in code is not there in a file.
  const [left, right] = [byName(found), byName(JSON.parse(JSON.stringify(expected)))];
  return [...new Set([...left.keys(), ...right.keys()])]
    .filter((name) => !isDeepStrictEqual(left.get(name), right.get(name)))
    .map(describe);
}

/** The file that importing the package evaluates. */
function entryFile(packageFolder: string, { exports }: Readonly<Record<string, unknown>>): string | undefined {
  const main = isPlainObject(exports) ? exports['.'] : exports;
  const target = isPlainObject(main) ? (main.import ?? main.default) : main;
  if (typeof target !== 'string') return undefined;
  const file = join(packageFolder, target);
  return existsSync(file) ? file : undefined;
}

function has(value: unknown, key: string): boolean {
  return isPlainObject(value) && Object.hasOwn(value, key);
}

function camelCase(name: string): string {
  return name.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
