import {
  type AnyFlavor,
  getComponentType,
  migrateConfig,
  type Problem,
  StackError,
  type StackMember,
  stackError,
  validateStack,
} from '@stack/core';
import type { MetadataStore, NewFlavor } from '@stack/store';
import { inputProblems } from '../components/input-problems.ts';
import { type FlavorCatalog, findFlavor, findFlavorOf } from '../flavors/flavor-catalog.ts';
import type { ProjectFlavors } from '../flavors/project-flavors.ts';
import { originOf } from './document-component.ts';
import { type DocumentComponent, documentError, problemsAt, type StackDocument } from './stack-document.ts';

/** A document of which every flavor is resolved, loaded and fits. */
export interface ResolvedDocument {
  readonly document: StackDocument;
  readonly newFlavors: readonly NewFlavor[];
  /** By `flavorKey`. */
  readonly flavors: ReadonlyMap<string, AnyFlavor>;
  readonly catalog: FlavorCatalog;
}

/** What a document is resolved with. */
export interface ResolutionTools {
  readonly flavors: ProjectFlavors;
  readonly store: MetadataStore;
  /** Whether nothing is to be written, the snapshots of stale flavors included. */
  readonly dryRun: boolean;
  /** Whether texts in secret fields are made secrets before anything is stored. */
  readonly allowPlainSecret: boolean;
}

/** Resolves and loads every flavor of a document, brings the configs to their versions, and checks all of it. */
export async function resolveDocument(
  document: StackDocument,
  tools: ResolutionTools,
  subject: string,
): Promise<ResolvedDocument> {
  const catalog = await tools.flavors.list();
  const problems: Problem[] = [];
  const newFlavors = new Map<string, NewFlavor>();
  const flavors = new Map<string, AnyFlavor>();
  const members: StackMember[] = [];
  const attempt = async <Result>(path: string, work: () => Promise<Result>): Promise<Result | undefined> => {
    try {
      return await work();
    } catch (error) {
      if (!StackError.is(error)) throw error;
      problems.push(...problemsAt(path, error));
      return undefined;
    }
  };
  const resolve = async (type: string, component: DocumentComponent, path: string): Promise<DocumentComponent> => {
    const { flavor, origin, record } = await findComponentFlavor(type, component, tools, catalog);
    if (record !== undefined) newFlavors.set(`${type}:${flavor.name}`, record);
    const { name, configVersion = flavor.configVersion } = component;
    const flavorPackage = origin.package;
    const { config, settings } = migrateConfig(flavor, { ...component, configVersion, flavorPackage });
    const owner = { type, name, allowPlainSecret: tools.allowPlainSecret, isDocument: true };
    for (const problem of inputProblems(flavor, { config, settings }, owner)) {
      problems.push({ ...problem, path: `${path}.${fieldPath(flavor, problem)}` });
    }
    const resolved = { ...component, ...origin, configVersion: flavor.configVersion, config, settings };
    flavors.set(flavorKey(type, resolved), flavor);
    members.push({ component: { type, name, flavor: flavor.name, config, settings }, flavor });
    return resolved;
  };
  const components: Record<string, readonly (string | DocumentComponent)[]> = {};
  for (const [type, list] of Object.entries(document.components)) {
    const known = await attempt(`components.${type}`, async () => getComponentType(type));
    if (known === undefined) continue;
    const resolved: (string | DocumentComponent)[] = [];
    for (const [index, component] of list.entries()) {
      const path = `components.${type}.${index}`;
      if (typeof component === 'string') {
        const member = await attempt(path, () => findMember(type, component, tools));
        if (member !== undefined) members.push(member);
        resolved.push(component);
      } else resolved.push((await attempt(path, () => resolve(type, component, path))) ?? component);
    }
    components[type] = resolved;
  }
  if (problems.length > 0) throw documentError(subject, problems);
  const stackProblems = validateStack(members, { isStoreLocal: tools.store.isLocal });
  if (stackProblems.length > 0) throw stackError(document.name, stackProblems);
  return { document: { ...document, components }, newFlavors: [...newFlavors.values()], flavors, catalog };
}

/** The component that a name in a document stands for. */
async function findMember(
  type: string,
  name: string,
  { flavors, store, dryRun }: ResolutionTools,
): Promise<StackMember> {
  const component = await store.components.get(type, name);
  if (component.name !== name) {
    throw new StackError({
      code: 'COMPONENT_NOT_FOUND',
      message: `There is no ${type} "${name}".`,
      hint: `A document names components by their names: ${component.name}`,
    });
  }
  // One that cannot be loaded here is no concern of the document.
  const loaded = await flavors.loadOf(component, { dryRun }).catch(() => undefined);
  return { component, flavor: loaded?.flavor };
}

async function findComponentFlavor(
  type: string,
  component: DocumentComponent,
  { flavors, dryRun }: ResolutionTools,
  catalog: FlavorCatalog,
): Promise<{
  readonly flavor: AnyFlavor;
  readonly origin: Pick<DocumentComponent, 'package' | 'source'>;
  /** What is to be registered. */
  readonly record: NewFlavor | undefined;
}> {
  const { flavor: name, source, package: packageName } = component;
  if (source === undefined) {
    const entry =
      packageName === undefined
        ? findFlavor(catalog, type, name)
        : findFlavorOf(catalog, { type, name: component.name, flavor: name, flavorPackage: packageName });
    const { flavor } = await flavors.loadEntry(entry, { dryRun });
    return { flavor, origin: originOf(entry), record: undefined };
  }
  const { flavor, record } = await flavors.read({ type, source });
  if (flavor.name !== name) {
    throw new StackError({
      code: 'FLAVOR_NOT_FOUND',
      message: `${source} is the flavor "${flavor.name}", not "${name}".`,
      hint: `Write flavor: ${flavor.name}`,
    });
  }
  const registered = catalog.flavors.find((entry) => entry.type === type && entry.name === name);
  if (registered?.origin.kind === 'registered' && registered.origin.source !== record.source) {
    throw new StackError({
      code: 'ALREADY_EXISTS',
      message: `The flavor ${type}/${name} is registered from ${registered.origin.source}, not from ${record.source}.`,
      hint: 'Give one of them another name, or write the source that is registered.',
    });
  }
  const origin = { source: record.source };
  if (registered === undefined) return { flavor, origin, record };
  // Loaded by its name, so that its snapshot is taken anew where that is stale.
  return { flavor: await flavors.load(type, name, { dryRun }), origin, record: undefined };
}

/** Tells the flavors of a project apart. */
export function flavorKey(
  type: string,
  { flavor, package: packageName, source }: Pick<DocumentComponent, 'flavor' | 'package' | 'source'>,
): string {
  return JSON.stringify([type, flavor, packageName, source]);
}

/** A problem names a field; a document has the fields of the config and those of the settings apart. */
function fieldPath({ settingsSchema }: AnyFlavor, { path }: Problem): string {
  const [field = ''] = path.split('.');
  const part = Object.hasOwn(settingsSchema.shape, field) ? 'settings' : 'config';
  return path === '' ? part : `${part}.${path}`;
}
