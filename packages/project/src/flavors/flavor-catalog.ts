// What lists read: manifests and snapshots. It imports no zod, no query builder and no code of a flavor.
import { type DiscoveredFlavor, defineDiscoveredTypes, discoverIntegrations } from '@stack/core/discovery';
import { didYouMean, StackError } from '@stack/core/errors';
import { addKnownFlavor, type FlavorManifest } from '@stack/core/manifest';
import type { ComponentRecord, FlavorRecord } from '@stack/store';
import { readFlavorSnapshots } from '@stack/store/flavor-snapshots';
import { storeLocation } from '../project-root.ts';

/** A flavor that a project can use, as its manifest describes it. */
export interface FlavorEntry {
  readonly type: string;
  readonly name: string;
  readonly manifest: FlavorManifest;
  /** Where it comes from: an installed package, or a source that was registered. */
  readonly origin:
    | { readonly kind: 'package'; readonly package: string; readonly version: string; readonly folder: string }
    | { readonly kind: 'registered'; readonly source: string };
  /** Whether a file of a registered flavor is no longer what it was when its manifest was taken. */
  readonly isStale: boolean;
  /** What a registered flavor is made of and is not on this machine: files, relative to the root, or a package. */
  readonly missing: readonly { readonly kind: 'file' | 'package'; readonly name: string }[];
}

export interface FlavorCatalog {
  /** By type and name. */
  readonly flavors: readonly FlavorEntry[];
  /** What is wrong with single packages. */
  readonly problems: readonly StackError[];
}

export interface CatalogOptions {
  /** The project's root; `undefined` outside of a project. */
  readonly root: string | undefined;
  /** Further folders whose dependencies count, such as that of the `stack` command. */
  readonly integrationsFrom?: readonly string[];
}

/**
 * All flavors of the installed integrations and of the project. They and their component types are known to this process
 * from then on.
 */
export async function readFlavorCatalog({ root, integrationsFrom = [] }: CatalogOptions): Promise<FlavorCatalog> {
  const discovery = discoverIntegrations([...(root === undefined ? [] : [root]), ...integrationsFrom]);
  const problems = [...discovery.problems, ...defineDiscoveredTypes(discovery.integrations)];
  const snapshots = root === undefined ? [] : await readFlavorSnapshots(storeLocation(root));
  const registered = await Promise.all(snapshots.map((snapshot) => registeredEntry(root ?? '', snapshot)));
  const flavors = [...discovery.flavors.map(packageEntry), ...registered];
  for (const flavor of flavors) addKnownFlavor(flavor);
  const key = ({ type, name }: FlavorEntry) => `${type}/${name}`;
  return { flavors: flavors.sort((a, b) => (key(a) < key(b) ? -1 : 1)), problems };
}

/**
 * The flavor that a name stands for: `s3`, or `@acme/pkg:s3` where two packages have one of that name.
 *
 * @throws FLAVOR_NOT_FOUND with the nearest names
 * @throws FLAVOR_CONFLICT when several packages have a flavor of the name
 */
export function findFlavor(catalog: FlavorCatalog, type: string, reference: string): FlavorEntry {
  const separator = reference.lastIndexOf(':');
  const source = separator < 0 ? undefined : reference.slice(0, separator);
  const name = reference.slice(separator + 1);
  const ofType = catalog.flavors.filter((flavor) => flavor.type === type);
  const found = ofType.filter(
    (flavor) => flavor.name === name && (source === undefined || sourceOf(flavor) === source),
  );
  const [first, second] = found;
  if (first === undefined) throw flavorNotFound(catalog, type, reference);
  if (second === undefined) return first;
  throw new StackError({
    code: 'FLAVOR_CONFLICT',
    message: `There are ${found.length} flavors "${name}" of ${type}: from ${found.map(sourceOf).join(' and ')}.`,
    hint: `Say which one: ${found.map((flavor) => `${sourceOf(flavor)}:${name}`).join(' or ')}`,
  });
}

/**
 * The flavor of a component. One that was registered by its source goes before those of packages, so that a package
 * which comes later changes nothing for a component that is there.
 *
 * @throws FLAVOR_NOT_FOUND with what to install
 * @throws FLAVOR_CONFLICT for a component that was stored without its package, of which there are several now
 */
export function findFlavorOf(
  catalog: FlavorCatalog,
  component: Pick<ComponentRecord, 'type' | 'name' | 'flavor' | 'flavorPackage'>,
): FlavorEntry {
  const { type, flavor: name, flavorPackage } = component;
  const ofName = catalog.flavors.filter((flavor) => flavor.type === type && flavor.name === name);
  const wanted = ofName.filter(({ origin }) =>
    flavorPackage === undefined ? origin.kind === 'registered' : packageOf(origin) === flavorPackage,
  );
  const [found, ...others] = wanted.length > 0 || flavorPackage !== undefined ? wanted : ofName;
  if (found === undefined) throw flavorOfComponentNotFound(catalog, component);
  if (others.length === 0) return found;
  throw new StackError({
    code: 'FLAVOR_CONFLICT',
    message: `The ${type} "${component.name}" was stored with the flavor "${name}" alone, and there are ${ofName.length} of that name: from ${ofName.map(sourceOf).join(' and ')}.`,
    hint: 'Uninstall all but the one it was made for, run `stack migrate`, and install the others again.',
  });
}

function flavorOfComponentNotFound(
  catalog: FlavorCatalog,
  { type, name, flavor, flavorPackage }: Pick<ComponentRecord, 'type' | 'name' | 'flavor' | 'flavorPackage'>,
): StackError {
  const isInstalled = catalog.flavors.some(({ origin }) => packageOf(origin) === flavorPackage);
  const broken = catalog.problems.map(({ message }) => ` ${message}`).join('');
  if (flavorPackage === undefined) {
    return new StackError({
      code: 'FLAVOR_NOT_FOUND',
      message: `The flavor "${flavor}" of the ${type} "${name}" is neither registered nor in an installed package.${broken}`,
      hint: `Install the integration that has it, or register it: stack ${type} flavor register FILE#EXPORT`,
    });
  }
  return new StackError({
    code: 'FLAVOR_NOT_FOUND',
    message: `The flavor "${flavor}" of the ${type} "${name}" comes from the package ${flavorPackage}, which ${isInstalled ? 'no longer has it' : 'is not installed'}.${broken}`,
    hint: isInstalled
      ? `Install a version of ${flavorPackage} that has the flavor.`
      : `Install it: npm install ${flavorPackage}`,
  });
}

function packageOf(origin: FlavorEntry['origin']): string | undefined {
  return origin.kind === 'package' ? origin.package : undefined;
}

function flavorNotFound(catalog: FlavorCatalog, type: string, reference: string): StackError {
  const names = catalog.flavors.filter((flavor) => flavor.type === type).map(({ name }) => name);
  const known = names.length === 0 ? 'None is installed or registered.' : `There are: ${names.join(', ')}.`;
  const broken = catalog.problems.map(({ message }) => ` ${message}`).join('');
  return new StackError({
    code: 'FLAVOR_NOT_FOUND',
    message: `There is no flavor "${reference}" of ${type}.${broken}`,
    hint: `${didYouMean(reference, names) ?? known} Install the integration that has it, or register it: stack ${type} flavor register FILE#EXPORT`,
  });
}

/** What a flavor is told apart by from another of its name. */
function sourceOf({ origin }: FlavorEntry): string {
  return origin.kind === 'package' ? origin.package : origin.source;
}

function packageEntry(flavor: DiscoveredFlavor): FlavorEntry {
  const { package: packageName, packageVersion, packageFolder, ...manifest } = flavor;
  return {
    type: manifest.type,
    name: manifest.name,
    manifest,
    origin: { kind: 'package', package: packageName, version: packageVersion, folder: packageFolder },
    isStale: false,
    missing: [],
  };
}

export async function registeredEntry(
  root: string,
  { type, name, manifest, source, files }: Pick<FlavorRecord, 'type' | 'name' | 'manifest' | 'source' | 'files'>,
): Promise<FlavorEntry> {
  // Loaded here, as it takes node:crypto, which no other list needs.
  const { snapshotState } = await import('./snapshot-state.ts');
  const origin = { kind: 'registered', source } as const;
  return { type, name, manifest, origin, ...snapshotState(root, { source, files }) };
}
