import {
  type AnyComponent,
  type AnyFlavor,
  createComponent,
  migrateConfig,
  type SecretResolver,
  StackError,
} from '@stack/core';
import type { ComponentChange, ComponentRecord, MetadataStore, WriteOptions } from '@stack/store';
import type { ProjectFlavors } from '../flavors/project-flavors.ts';
import { inputProblems } from './input-problems.ts';
import { storedConfigError } from './stored-config-error.ts';

/** Makes components from what is stored of them. */
export class ComponentOpener {
  readonly #root: string;
  readonly #store: MetadataStore;
  readonly #flavors: ProjectFlavors;

  constructor(root: string, store: MetadataStore, flavors: ProjectFlavors) {
    this.#root = root;
    this.#store = store;
    this.#flavors = flavors;
  }

  /**
   * Makes the component, ready to use, and brings it to the version of its flavor; in a dry run without storing that. Its
   * owner disposes it.
   *
   * @param secrets finds the secrets that its config and settings refer to
   * @throws CONFIG_TOO_NEW when a newer version of the flavor stored it, SECRET_NOT_FOUND, DEPENDENCY_MISSING
   * @throws CONFIG_INVALID when its flavor became stricter, with the command that mends it
   */
  async open(record: ComponentRecord, secrets: SecretResolver, options?: WriteOptions): Promise<AnyComponent> {
    const { flavor, after } = await this.bringUpToDate(record, options);
    const { id, name, config, settings, labels } = after;
    const context = { id, name, config, settings, labels, baseDirectory: this.#root, secrets };
    // What keeps secrets in the metadata store cannot be told by a config.
    const overrides = record.type === 'secret-store' ? { sealedSecrets: this.#store.sealedSecrets } : {};
    try {
      return await createComponent(flavor, context, overrides);
    } catch (error) {
      const isConfigError = StackError.is(error) && error.problems.length > 0 && error.code !== 'SECRET_NOT_FOUND';
      throw isConfigError ? storedConfigError(after, error.problems, error) : error;
    }
  }

  /** The component as its installed flavor wants it: migrated, and with the package that its flavor comes from. */
  async bringUpToDate(
    record: ComponentRecord,
    options?: WriteOptions,
  ): Promise<{ readonly flavor: AnyFlavor; readonly after: ComponentRecord }> {
    const { flavor, flavorPackage } = await this.#flavors.loadOf(record, options);
    if (record.configVersion === flavor.configVersion && record.flavorPackage === flavorPackage) {
      return { flavor, after: record };
    }
    const upgrade = (current: ComponentRecord): ComponentChange => {
      const { config, settings } = migrateConfig(flavor, current);
      const isMigrated = current.configVersion !== flavor.configVersion;
      const problems = isMigrated ? inputProblems(flavor, { config, settings }, current) : [];
      if (problems.length > 0) throw storedConfigError(current, problems);
      const change = { config, settings, configVersion: flavor.configVersion };
      return flavorPackage === undefined ? change : { ...change, flavorPackage };
    };
    const after = await this.#store.transaction(
      ({ components }) => components.upgrade(record.type, record.id, upgrade),
      options,
    );
    return { flavor, after };
  }
}
