import { isAbsolute, relative, sep } from 'node:path';
import { type AnyFlavor, flavorManifest, getComponentType, isFlavor, StackError } from '@stack/core';
import type { MetadataStore, NewFlavor } from '@stack/store';
import { type ModuleLoader, parseSourceReference } from '../modules/module-loader.ts';
import { type FlavorCatalog, type FlavorEntry, findFlavor, readFlavorCatalog } from './flavor-catalog.ts';

export interface FlavorRegistration {
  /** The component type that the flavor has to be of. */
  readonly type: string;
  /** `FILE#EXPORT`, the file relative to the project's root, or `PACKAGE#EXPORT`. */
  readonly source: string;
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
  async register(registration: FlavorRegistration): Promise<FlavorEntry> {
    const { record } = await this.read(registration);
    await this.#store.flavors.add(record);
    return this.get(record.type, record.name);
  }

  /** Imports a flavor by its source, and gives what `register` would store. */
  async read({
    type,
    source,
  }: FlavorRegistration): Promise<{ readonly flavor: AnyFlavor; readonly record: NewFlavor }> {
    getComponentType(type);
    const { flavor, record } = await this.#loadSource(source);
    if (flavor.type !== type) {
      throw new StackError({
        code: 'FLAVOR_TYPE_MISMATCH',
        message: `The flavor "${flavor.name}" in ${source} is one of ${flavor.type}, not of ${type}.`,
        hint: `Register it as that: stack ${flavor.type} flavor register ${source}`,
      });
    }
    const taken = (await this.list()).flavors.find((entry) => entry.type === type && entry.name === flavor.name);
    if (taken?.origin.kind === 'package') {
      throw new StackError({
        code: 'ALREADY_EXISTS',
        message: `The package ${taken.origin.package} has a flavor "${flavor.name}" of ${type} already.`,
        hint: 'Give your flavor another name.',
      });
    }
    return { flavor, record };
  }

  /**
   * Imports a flavor, not its implementation. A snapshot that is stale is taken anew.
   *
   * @throws FLAVOR_NOT_FOUND, FLAVOR_CONFLICT, and what importing throws
   */
  async load(type: string, name: string): Promise<AnyFlavor> {
    const entry = await this.get(type, name);
    if (entry.origin.kind === 'package') {
      const exports = await this.#modules.importPackage(entry.origin.folder, entry.origin.package);
      return asFlavor(exports[entry.manifest.export], `${entry.origin.package}#${entry.manifest.export}`);
    }
    const { flavor, record } = await this.#loadSource(entry.origin.source);
    if (flavor.type !== type || flavor.name !== entry.name) {
      throw new StackError({
        code: 'FLAVOR_NOT_FOUND',
        message: `${entry.origin.source} is now the flavor ${flavor.type}/${flavor.name}; ${type}/${entry.name} was registered.`,
        hint: `Register it under its new name: stack ${flavor.type} flavor register ${entry.origin.source}`,
      });
    }
    if (entry.isStale) await this.#store.flavors.replace(record);
    return flavor;
  }

  async #loadSource(source: string): Promise<{ readonly flavor: AnyFlavor; readonly record: NewFlavor }> {
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

function asFlavor(value: unknown, source: string): AnyFlavor {
  if (isFlavor(value)) return value;
  throw new StackError({
    code: 'FLAVOR_INVALID',
    message: `${source} is not a flavor.`,
    hint: 'Export what defineFlavor({ ... }) of @stack/core returns.',
  });
}
