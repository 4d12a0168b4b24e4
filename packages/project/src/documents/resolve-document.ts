import {
  type AnyFlavor,
  checkStack,
  getComponentType,
  migrateConfig,
  type Problem,
  StackError,
  stackError,
} from '@stack/core';
import type { NewFlavor } from '@stack/store';
import { componentProblems } from '../components/component-problems.ts';
import { type FlavorCatalog, type FlavorEntry, findFlavor } from '../flavors/flavor-catalog.ts';
import type { ProjectFlavors } from '../flavors/project-flavors.ts';
import { originOf } from './document-component.ts';
import {
  type DocumentComponent,
  documentComponents,
  documentError,
  documentMembers,
  problemsAt,
  type StackDocument,
} from './stack-document.ts';

/** A document of which every flavor is resolved, loaded and fits. */
export interface ResolvedDocument {
  readonly document: StackDocument;
  readonly newFlavors: readonly NewFlavor[];
  /** By `flavorKey`. */
  readonly flavors: ReadonlyMap<string, AnyFlavor>;
  readonly catalog: FlavorCatalog;
}

/** Resolves and loads every flavor of a document, brings the configs to their versions, and checks all of it. */
export async function resolveDocument(
  document: StackDocument,
  projectFlavors: ProjectFlavors,
  subject: string,
): Promise<ResolvedDocument> {
  const catalog = await projectFlavors.list();
  const problems: Problem[] = [];
  const newFlavors = new Map<string, NewFlavor>();
  const flavors = new Map<string, AnyFlavor>();
  for (const type of Object.keys(document.components)) {
    try {
      getComponentType(type);
    } catch (error) {
      if (!StackError.is(error)) throw error;
      problems.push(...problemsAt(`components.${type}`, error));
    }
  }
  if (problems.length > 0) throw documentError(subject, problems);
  const components: Record<string, (string | DocumentComponent)[]> = Object.fromEntries(
    Object.entries(document.components).map(([type, list]) => [type, [...list]]),
  );
  for (const { type, index, component } of documentComponents(document)) {
    const path = `components.${type}.${index}`;
    try {
      const found = await findComponentFlavor(type, component, projectFlavors, catalog);
      if (found.record !== undefined) newFlavors.set(`${type}:${found.flavor.name}`, found.record);
      const { configVersion = found.flavor.configVersion } = component;
      const subjectOfConfig = `${getComponentType(type).label} "${component.name}"`;
      const config = migrateConfig(found.flavor, configVersion, component.config, subjectOfConfig);
      const resolved = { ...component, ...found.origin, configVersion: found.flavor.configVersion, config };
      const { settings } = component;
      problems.push(
        ...componentProblems(found.flavor, { config, settings }).map((problem) => ({
          ...problem,
          path: `${path}.${fieldPath(found.flavor, problem)}`,
        })),
      );
      flavors.set(flavorKey(type, resolved), found.flavor);
      (components[type] ?? [])[index] = resolved;
    } catch (error) {
      if (!StackError.is(error)) throw error;
      problems.push(...problemsAt(path, error));
    }
  }
  if (problems.length > 0) throw documentError(subject, problems);
  const stackProblems = checkStack(documentMembers(document));
  if (stackProblems.length > 0) throw stackError(document.name, stackProblems);
  return { document: { ...document, components }, newFlavors: [...newFlavors.values()], flavors, catalog };
}

async function findComponentFlavor(
  type: string,
  component: DocumentComponent,
  projectFlavors: ProjectFlavors,
  catalog: FlavorCatalog,
): Promise<{
  readonly flavor: AnyFlavor;
  readonly origin: Pick<DocumentComponent, 'package' | 'source'>;
  /** What is to be registered. */
  readonly record: NewFlavor | undefined;
}> {
  const { flavor: name, source, package: packageName } = component;
  if (source === undefined) {
    const entry = findFlavor(catalog, type, packageName === undefined ? name : `${packageName}:${name}`);
    return {
      flavor: await projectFlavors.load(type, reference(entry, catalog)),
      origin: originOf(entry),
      record: undefined,
    };
  }
  const { flavor, record } = await projectFlavors.read({ type, source });
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
  return { flavor, origin, record: registered === undefined ? record : undefined };
}

/** Tells the flavors of a project apart. */
export function flavorKey(
  type: string,
  { flavor, package: packageName, source }: Pick<DocumentComponent, 'flavor' | 'package' | 'source'>,
): string {
  return JSON.stringify([type, flavor, packageName, source]);
}

function reference({ type, name, origin }: FlavorEntry, catalog: FlavorCatalog): string {
  const isOnlyOne = catalog.flavors.filter((entry) => entry.type === type && entry.name === name).length < 2;
  return isOnlyOne ? name : `${origin.kind === 'package' ? origin.package : origin.source}:${name}`;
}

/** A problem names a field; a document has the fields of the config and those of the settings apart. */
function fieldPath({ settingsSchema }: AnyFlavor, { path }: Problem): string {
  const [field = ''] = path.split('.');
  const part = Object.hasOwn(settingsSchema.shape, field) ? 'settings' : 'config';
  return path === '' ? part : `${part}.${path}`;
}
