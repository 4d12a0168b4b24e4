import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type SecretResolver, StackError } from '@stack/core';
import { type DiscoveredFlavor, defineDiscoveredTypes, discoverIntegrations } from '@stack/core/discovery';
import { type MetadataStore, type NewComponent, openStore } from '@stack/store';
import { Project } from './project.ts';
import { markerFile, requireProjectRoot, stateFolder, storeLocation } from './project-root.ts';

export interface OpenProjectOptions {
  /** A folder of the project. Default: the working directory. */
  readonly from?: string;
  /** Further folders whose dependencies are looked through for integrations. Default: none. */
  readonly integrationsFrom?: readonly string[];
  /** Finds the values of `{{name.key}}`. Default: the secret stores of the project. */
  readonly secrets?: SecretResolver;
}

/**
 * Opens the project that a folder is in.
 *
 * ```ts
 * await using project = await openProject();
 * await using stack = await project.stacks.open();
 * await training.run({ ratio: 0.7 }, { stack, runStore: project.runs });
 * ```
 *
 * @throws PROJECT_NOT_FOUND, STORE_CORRUPT, STORE_TOO_NEW, STORE_UNAVAILABLE
 */
export async function openProject(options: OpenProjectOptions = {}): Promise<Project> {
  const root = requireProjectRoot(options.from ?? process.cwd());
  return createProject(root, await openStore(storeLocation(root)), options);
}

/**
 * Makes a folder a project: `.stack/` with the metadata store and, in it, the stack `default` of a local orchestrator
 * and a local artifact store. A folder that is one already is left as it is, and so is a store in PostgreSQL that another
 * checkout made.
 *
 * @throws STORE_UNAVAILABLE when the folder cannot be written
 */
export async function initProject(
  folder: string,
  options: Omit<OpenProjectOptions, 'from'> = {},
): Promise<{ readonly project: Project; readonly isNew: boolean }> {
  const root = resolve(folder);
  const isNewFolder = await makeStateFolder(root);
  const store = await openStore({ ...storeLocation(root), create: true });
  try {
    const isNewStore = await addDefaultStack(store, [root, ...(options.integrationsFrom ?? [])]);
    return { project: createProject(root, store, options), isNew: isNewFolder || isNewStore };
  } catch (error) {
    await store[Symbol.asyncDispose]();
    throw error;
  }
}

/** @returns whether the folder was no project before */
async function makeStateFolder(root: string): Promise<boolean> {
  const folder = join(root, stateFolder);
  const marker = join(folder, markerFile);
  try {
    const isNew = !existsSync(marker);
    await mkdir(folder, { recursive: true });
    // What Stack keeps is of this machine: no repository is to have it.
    await writeFile(marker, '*\n');
    return isNew;
  } catch (error) {
    const isFull = error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
    throw new StackError({
      code: isFull ? 'NO_SPACE' : 'STORE_UNAVAILABLE',
      message: `The folder ${folder} cannot be made: ${(error as Error).message}`,
      hint: isFull ? 'Free some space on its disk.' : 'Choose a folder that you can write: stack init FOLDER',
      cause: error,
    });
  }
}

function createProject(root: string, store: MetadataStore, options: OpenProjectOptions): Project {
  const { integrationsFrom = [] } = options;
  defineDiscoveredTypes(discoverIntegrations([root, ...integrationsFrom]).integrations);
  return new Project(root, store, { integrationsFrom, secrets: options.secrets });
}

/**
 * Adds what a new project has beside the secret stores that every metadata store has. The stack is made active last: once
 * one is active, all is there.
 */
async function addDefaultStack(store: MetadataStore, folders: readonly string[]): Promise<boolean> {
  if (await hasActiveStack(store)) return false;
  const name = 'default';
  const shared = { name, flavor: 'local', configVersion: 1, isProtected: true };
  const { flavors } = discoverIntegrations(folders);
  const add = (component: NewComponent) =>
    addUnlessThere(
      () => store.components.add({ ...component, flavorPackage: onlyPackage(flavors, component) }),
      () => store.components.get(component.type, name),
    );
  const orchestrator = await add({ ...shared, type: 'orchestrator', config: {} });
  // Relative to the project's root, so that the folder can be moved.
  const artifactStore = await add({ ...shared, type: 'artifact-store', config: { path: `${stateFolder}/artifacts` } });
  await addUnlessThere(
    () => store.stacks.add({ name, components: [orchestrator.id, artifactStore.id], isProtected: true }),
    () => store.stacks.get(name),
  );
  for (const secretStore of await store.components.list({ type: 'secret-store' })) {
    const flavorPackage = onlyPackage(flavors, secretStore);
    if (flavorPackage !== undefined) {
      await store.components.upgrade(secretStore.type, secretStore.id, () => ({ flavorPackage }));
    }
  }
  await store.stacks.activate(name);
  return true;
}

/** Where there is none yet, or several, the component learns its package when it is first loaded. */
function onlyPackage(
  flavors: readonly DiscoveredFlavor[],
  { type, flavor }: Pick<NewComponent, 'type' | 'flavor'>,
): string | undefined {
  const [found, ...others] = flavors.filter((candidate) => candidate.type === type && candidate.name === flavor);
  return others.length === 0 ? found?.package : undefined;
}

async function hasActiveStack(store: MetadataStore): Promise<boolean> {
  try {
    await store.stacks.active();
    return true;
  } catch (error) {
    if (StackError.is(error, 'STACK_NOT_FOUND')) return false;
    throw error;
  }
}

/** Another process may be making the same project, or one may have been stopped half-way. */
async function addUnlessThere<Row>(add: () => Promise<Row>, get: () => Promise<Row>): Promise<Row> {
  try {
    return await add();
  } catch (error) {
    if (StackError.is(error, 'ALREADY_EXISTS')) return get();
    throw error;
  }
}
