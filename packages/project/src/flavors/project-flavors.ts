import { isAbsolute, relative, sep } from 'node:path';
import { type AnyFlavor, flavorManifest, getComponentType, isFlavor, StackError } from '@stack/core';
import type { ComponentRecord, MetadataStore, NewFlavor, WriteOptions } from '@stack/store';
import { type ModuleLoader, parseSourceReference } from '../modules/module-loader.ts';
import {
  type FlavorCatalog,
  type FlavorEntry,
  findFlavor,
  findFlavorOf,
  readFlavorCatalog,
  registeredEntry,
} from './flavor-catalog.ts';

export interface FlavorRegistration {
  /** The component type that the flavor has to be of. */
  readonly type: string;
  /** `FILE#EXPORT`, the file relative to the project's root, or `PACKAGE#EXPORT`. */
  readonly source: string;
}

/** A flavor, and what a component is to remember of where it comes from. */
export interface FlavorOfComponent {
  readonly flavor: AnyFlavor;
  /** `undefined` for a flavor that was registered by its source. */
  readonly flavorPackage: string | undefined;
}

/** A flavor that was imported by its source, and what is stored of it. */
export interface LoadedSource {
  readonly flavor: AnyFlavor;
  readonly record: NewFlavor;
}

/** The flavors that a project can use: those of installed integrations, and those registered by their source. */
export class ProjectFlavors {
  readonly #root: string;
  readonly #integrationsFrom: readonly string[];
  readonly #store: MetadataStore;
  readonly #modules: ModuleLoader;

  constructor(root: string, integrationsFrom: readonly string[], store: MetadataStore, modules: ModuleLoader) {
    this.#root = root;
    this.#integrationsFrom = integrationsFrom;
    this.#store = store;
    this.#modules = modules;
  }

  /** By type and name, with what is wrong with single packages beside it. Runs no code of a flavor. */
  async list({ type }: { readonly type?: string | undefined } = {}): Promise<FlavorCatalog> {
    const catalog = await readFlavorCatalog({ root: this.#root, integrationsFrom: this.#integrationsFrom });
    if (type === undefined) return catalog;
    getComponentType(type);
    return { ...catalog, flavors: catalog.flavors.filter((flavor) => flavor.type === type) };
  }

  /** @throws FLAVOR_NOT_FOUND, FLAVOR_CONFLICT */
  async get(type: string, name: string): Promise<FlavorEntry> {
    const catalog = await this.list();
    getComponentType(type);
    return findFlavor(catalog, type, name);
  }

  /**
   * Registers a flavor by its source, and takes a snapshot of its manifest. Its implementation is not loaded.
   *
   * @throws MODULE_NOT_FOUND, EXPORT_NOT_FOUND, MODULE_LOAD_FAILED, DEPENDENCY_MISSING
   * @throws FLAVOR_INVALID when the export is no flavor
   * @throws FLAVOR_TYPE_MISMATCH when it is one of another type
   * @throws ALREADY_EXISTS when its type and name are taken
   */
  async register(registration: FlavorRegistration, options?: WriteOptions): Promise<FlavorEntry> {
    const { record } = await this.read(registration);
    await this.#store.transaction(({ flavors }) => flavors.add(record), options);
    return registeredEntry(this.#root, record);
  }

  /** Imports a flavor by its source, and gives what `register` would store. It throws what that throws. */
  async read({ type, source }: FlavorRegistration): Promise<LoadedSource> {
    const loaded = await this.#loadRegistration(type, source);
    const { name } = loaded.record;
    const taken = (await this.list({ type })).flavors.find((entry) => entry.name === name);
    if (taken?.origin.kind === 'package') {
      throw new StackError({
        code: 'ALREADY_EXISTS',
        message: `The package ${taken.origin.package} has a flavor "${name}" of ${type} already.`,
        hint: 'Give your flavor another name.',
      });
    }
    return loaded;
  }

  /**
   * Takes the snapshot of a registered flavor anew, from its source or from a new one. A process imports a file once:
   * what was written since, another process sees.
   *
   * @param nameOrSource the name of the flavor, or the source that it comes from henceforth
   * @throws FLAVOR_NOT_FOUND when no flavor of this name is registered
   * @throws ARGUMENT_INVALID for a flavor of an installed package
   * @throws what `register` throws about a source
   */
  async update(
    type: string,
    nameOrSource: string,
    options?: WriteOptions,
  ): Promise<{ readonly before: FlavorEntry; readonly after: FlavorEntry }> {
    getComponentType(type);
    const isSource = nameOrSource.includes('#');
    const known = isSource ? undefined : await this.#getRegistered(type, nameOrSource);
    const { record } = await this.#loadRegistration(type, known?.source ?? nameOrSource);
    if (known !== undefined) checkUnchangedName(known, record);
    const before = await this.#getRegistered(type, record.name);
    await this.#store.transaction(({ flavors }) => flavors.replace(record), options);
    return { before: before.entry, after: await registeredEntry(this.#root, record) };
  }

  /**
   * Forgets a flavor that was registered. Its files stay.
   *
   * @throws FLAVOR_NOT_FOUND, and IN_USE naming the components that have it
   * @throws ARGUMENT_INVALID for a flavor of an installed package
   */
  async remove(type: string, name: string, options?: WriteOptions): Promise<FlavorEntry> {
    getComponentType(type);
    const { entry } = await this.#getRegistered(type, name);
    await this.#store.transaction(({ flavors }) => flavors.remove(type, entry.name), options);
    return entry;
  }

  /**
   * Imports a flavor, not its implementation. A snapshot that is stale is taken anew, except in a dry run.
   *
   * @param reference a name, or `@acme/pkg:name` where two packages have one of that name
   * @throws FLAVOR_NOT_FOUND, FLAVOR_CONFLICT, and what importing throws
   */
  async load(type: string, reference: string, options?: WriteOptions): Promise<AnyFlavor> {
    return (await this.loadEntry(await this.get(type, reference), options)).flavor;
  }

  /**
   * Imports the flavor of a component, as `load` does.
   *
   * @throws FLAVOR_NOT_FOUND with what to install, FLAVOR_CONFLICT, and what importing throws
   */
  async loadOf(component: ComponentRecord, options?: WriteOptions): Promise<FlavorOfComponent> {
    return this.loadEntry(findFlavorOf(await this.list(), component), options);
  }

  /** Imports the flavor of an entry, as `load` does. */
  async loadEntry(entry: FlavorEntry, { dryRun = false }: WriteOptions = {}): Promise<FlavorOfComponent> {
    const { type, name, origin } = entry;
    if (origin.kind === 'package') {
      const exports = await this.#modules.importPackage(origin.folder, origin.package);
      const flavor = asFlavor(exports[entry.manifest.export], `${origin.package}#${entry.manifest.export}`);
      return { flavor, flavorPackage: origin.package };
    }
    const { flavor, record } = await this.#loadSource(origin.source).catch((error: unknown) => {
      if (!StackError.is(error, 'MODULE_NOT_FOUND') && !StackError.is(error, 'EXPORT_NOT_FOUND')) throw error;
      throw new StackError({
        code: error.code,
        message: `The flavor ${type}/${name} is no longer where it was registered. ${error.message}`,
        hint: `Say where it is now: stack ${type} flavor update FILE#EXPORT`,
        cause: error,
      });
    });
    checkUnchangedName({ type, name, source: origin.source }, record);
    if (entry.isStale && !dryRun) await this.#store.flavors.replace(record);
    return { flavor, flavorPackage: undefined };
  }

  async #loadRegistration(type: string, source: string): Promise<LoadedSource> {
    getComponentType(type);
    const loaded = await this.#loadSource(source);
    const { record } = loaded;
    if (record.type === type) return loaded;
    throw new StackError({
      code: 'FLAVOR_TYPE_MISMATCH',
      message: `The flavor "${record.name}" in ${source} is one of ${record.type}, not of ${type}.`,
      hint: `Register it as that: stack ${record.type} flavor register ${source}`,
    });
  }

  async #getRegistered(
    type: string,
    name: string,
  ): Promise<{ readonly type: string; readonly name: string; readonly source: string; readonly entry: FlavorEntry }> {
    const catalog = await this.list({ type });
    const registered = catalog.flavors.filter(({ origin }) => origin.kind === 'registered');
    const entry = registered.find((candidate) => candidate.name === name) ?? findFlavor(catalog, type, name);
    if (entry.origin.kind === 'registered') return { type, name: entry.name, source: entry.origin.source, entry };
    throw new StackError({
      code: 'ARGUMENT_INVALID',
      message: `The flavor ${type}/${entry.name} was not registered: it belongs to the package ${entry.origin.package}.`,
      hint: `It changes with its package: npm install ${entry.origin.package}@latest, or npm uninstall ${entry.origin.package}`,
    });
  }

  async #loadSource(source: string): Promise<LoadedSource> {
    const reference = parseSourceReference(source);
    const { value, file } = await this.#modules.load(reference);
    const flavor = asFlavor(value, source);
    return {
      flavor,
      record: {
        type: flavor.type,
        name: flavor.name,
        source: file === undefined ? source : `${this.#fromRoot(file, source)}#${reference.export}`,
        manifest: flavorManifest(flavor, reference.export),
        files: file === undefined ? {} : this.#modules.filesOf(file),
      },
    };
  }

  /** The path that the whole team can use: relative to the project's root. */
  #fromRoot(file: string, source: string): string {
    const path = relative(this.#root, file);
    if (!path.startsWith('..') && !isAbsolute(path)) return `./${path.split(sep).join('/')}`;
    throw new StackError({
      code: 'ARGUMENT_INVALID',
      message: `${source} is outside of the project at ${this.#root}.`,
      hint: 'Move the file into the project, or make it a package and register PACKAGE#EXPORT.',
    });
  }
}

/** Components know their flavor by its name. */
function checkUnchangedName(
  { type, name, source }: { readonly type: string; readonly name: string; readonly source: string },
  loaded: NewFlavor,
): void {
  if (loaded.type === type && loaded.name === name) return;
  throw new StackError({
    code: 'FLAVOR_NOT_FOUND',
    message: `${source} is now the flavor ${loaded.type}/${loaded.name}; ${type}/${name} was registered.`,
    hint: `Register it under its new name: stack ${loaded.type} flavor register ${source}`,
  });
}

function asFlavor(value: unknown, source: string): AnyFlavor {
  if (isFlavor(value)) return value;
  throw new StackError({
    code: 'FLAVOR_INVALID',
    message: `${source} is not a flavor.`,
    hint: 'Export what defineFlavor({ ... }) of @stack/core returns.',
  });
}
