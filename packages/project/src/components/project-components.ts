import {
  type AnyComponent,
  type AnyFlavor,
  type ArtifactLocation,
  type ArtifactRecord,
  type ArtifactStore,
  checkName,
  configError,
  didYouMean,
  flavorManifest,
  type Garbage,
  type GarbageOptions,
  getComponentType,
  maskSecrets,
  migrateConfig,
  type Problem,
  type SecretResolver,
  StackError,
  type StoredInput,
} from '@stack/core';
import type {
  ComponentChange,
  ComponentFilter,
  ComponentRecord,
  ComponentVersion,
  MetadataStore,
  WriteOptions,
} from '@stack/store';
import type { ProjectFlavors } from '../flavors/project-flavors.ts';
import { checkLabels } from '../labels/check-labels.ts';
import { type ComponentWriteOptions, type PlainSecretKeeper, withReferences } from '../secrets/plain-secret-keeper.ts';
import type { ComponentOpener } from './component-opener.ts';
import { editInput, type InputEdits } from './edit-input.ts';
import { type FieldChange, fieldChanges } from './field-changes.ts';
import { type InputOwner, inputProblems } from './input-problems.ts';

export interface ComponentRegistration extends InputEdits {
  readonly type: string;
  readonly name: string;
  /** A flavor's name, or `@acme/pkg:name` where two packages have one of that name. */
  readonly flavor: string;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** What is to change in a component. What is not given stays as it is. */
export interface ComponentUpdate extends InputEdits {
  /** Fields that go: `maxRetries`, `max-retries` or `clientOptions.retries`. */
  readonly removeAttributes?: readonly string[] | undefined;
  /** Labels that come, or change. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly removeLabels?: readonly string[] | undefined;
}

/** A component before and after a change. */
export interface Updated {
  readonly before: ComponentRecord;
  readonly after: ComponentRecord;
}

/** A component that was brought to the version of its installed flavor. */
export interface ComponentMigration extends Updated {
  readonly changes: readonly FieldChange[];
}

export interface MigrationReport {
  /** By type and name; components that need no migration are not among them. */
  readonly migrated: readonly ComponentMigration[];
  /** What kept others from it: `CONFIG_TOO_NEW`, `CONFIG_INVALID`, or why a flavor cannot be loaded. */
  readonly problems: readonly StackError[];
}

/** What killed processes had left in an artifact store. */
export interface CollectedGarbage {
  /** Name of the artifact store. */
  readonly store: string;
  readonly garbage: readonly Garbage[];
}

/**
 * The components of a project. A `reference` is a name, an id, or the beginning of an id. With `{ dryRun: true }` a
 * method does all its checks, gives what it would give, and writes nothing.
 */
export class ProjectComponents {
  readonly #store: MetadataStore;
  readonly #flavors: ProjectFlavors;
  readonly #opener: ComponentOpener;
  readonly #secrets: SecretResolver;
  readonly #keeper: PlainSecretKeeper;

  constructor(
    store: MetadataStore,
    flavors: ProjectFlavors,
    opener: ComponentOpener,
    secrets: SecretResolver,
    keeper: PlainSecretKeeper,
  ) {
    this.#store = store;
    this.#flavors = flavors;
    this.#opener = opener;
    this.#secrets = secrets;
    this.#keeper = keeper;
  }

  /**
   * Checks a component and stores it, as it was given: defaults are not filled in, secrets stay references.
   *
   * @throws ARGUMENT_INVALID for a bad name or label, FLAVOR_NOT_FOUND, FLAVOR_CONFLICT, ALREADY_EXISTS
   * @throws CONFIG_INVALID with every problem of the config and settings; a secret that is no reference is one, unless
   * plain ones are allowed
   */
  async register(registration: ComponentRegistration, options: ComponentWriteOptions = {}): Promise<ComponentRecord> {
    const { type, name, labels = {} } = registration;
    checkName('component', name);
    checkLabels(labels);
    const entry = await this.#flavors.get(type, registration.flavor);
    const { flavor, flavorPackage } = await this.#flavors.loadEntry(entry, options);
    const empty = { config: {}, settings: {} };
    const { problems, ...input } = editInput(flavorManifest(flavor, flavor.name), empty, registration);
    checkInput(flavor, input, problems, { type, name, ...options });
    const { configVersion } = flavor;
    const component = { type, name, flavor: flavor.name, flavorPackage, configVersion, labels };
    return this.#keeper.keep([{ type, name, flavor, input }], options, ([hidden = []]) =>
      this.#store.transaction(
        ({ components }) => components.add({ ...component, ...withReferences(input, hidden) }),
        options,
      ),
    );
  }

  /** @throws COMPONENT_NOT_FOUND, AMBIGUOUS */
  async get(type: string, reference: string): Promise<ComponentRecord> {
    getComponentType(type);
    return this.#store.components.get(type, reference);
  }

  /**
   * By type and name, as they are stored. The last component of a page, as `after`, gives the next page.
   *
   * @throws ARGUMENT_INVALID for a limit that is no whole number above 0
   */
  async list(filter: ComponentFilter = {}): Promise<readonly ComponentRecord[]> {
    if (filter.type !== undefined) getComponentType(filter.type);
    if (filter.limit !== undefined && !(Number.isInteger(filter.limit) && filter.limit > 0)) {
      throw new StackError({
        code: 'ARGUMENT_INVALID',
        message: `The limit ${filter.limit} is no whole number above 0.`,
      });
    }
    return this.#store.components.list({ ...filter, ...parseFlavor(filter) });
  }

  /**
   * The components of a type in the active stack, the default one first. Secret stores are those that the project asks.
   *
   * @throws COMPONENT_NOT_FOUND when it has none
   */
  async active(type: string): Promise<readonly ComponentRecord[]> {
    const { label } = getComponentType(type);
    if (type === 'secret-store') return this.#store.secretStores.order();
    const stack = await this.#store.stacks.active();
    const components = stack.components.filter((component) => component.type === type);
    if (components.length > 0) return components;
    throw new StackError({
      code: 'COMPONENT_NOT_FOUND',
      message: `The active stack "${stack.name}" has no ${label}.`,
      hint: `See what it has: stack describe ${stack.name}`,
    });
  }

  /** What a component was before its config was migrated, the oldest version first. */
  async versions(type: string, reference: string): Promise<readonly ComponentVersion[]> {
    getComponentType(type);
    return this.#store.components.versions(type, reference);
  }

  /**
   * Changes the config, the settings and the labels of a component, and brings it to the version of its flavor.
   *
   * @throws COMPONENT_NOT_FOUND, AMBIGUOUS, PROTECTED, CONFIG_TOO_NEW, and why its flavor cannot be loaded
   * @throws ATTRIBUTE_NOT_FOUND for a field or label to remove that is not there
   * @throws CONFIG_INVALID with every problem of what it would be
   */
  async update(
    type: string,
    reference: string,
    { labels = {}, removeLabels = [], removeAttributes, ...edits }: ComponentUpdate,
    options: ComponentWriteOptions = {},
  ): Promise<Updated> {
    checkLabels(labels);
    const record = await this.get(type, reference);
    const { flavor, flavorPackage } = await this.#flavors.loadOf(record, options);
    const manifest = flavorManifest(flavor, flavor.name);
    const edit = (stored: StoredInput) => editInput(manifest, stored, edits, removeAttributes);
    const stored = migrateConfig(flavor, record);
    const { problems, ...input } = edit(stored);
    // Before a secret is made of what is in it.
    if (options.allowPlainSecret) checkInput(flavor, input, problems, { type, name: record.name, ...options });
    return this.#keeper.keep([{ type, name: record.name, flavor, input, stored }], options, ([hidden = []]) =>
      this.#change(record, options, (current) => {
        const { problems: found, ...edited } = edit(migrateConfig(flavor, current));
        const changed = withReferences(edited, hidden);
        checkInput(flavor, changed, [...found, ...missingLabels(current, removeLabels)], { type, name: current.name });
        const kept = Object.entries(current.labels).filter(([key]) => !removeLabels.includes(key));
        return {
          ...changed,
          labels: { ...Object.fromEntries(kept), ...labels },
          configVersion: flavor.configVersion,
          ...(flavorPackage === undefined ? {} : { flavorPackage }),
        };
      }),
    );
  }

  /**
   * Removes fields from the config or the settings of a component: `maxRetries`, `max-retries` or
   * `clientOptions.retries`.
   *
   * @throws what `update` throws; CONFIG_INVALID for a field that is required
   */
  async removeAttributes(
    type: string,
    reference: string,
    keys: readonly string[],
    options?: WriteOptions,
  ): Promise<Updated> {
    return this.update(type, reference, { removeAttributes: keys }, options);
  }

  /**
   * Gives a component another name. It stays in its stacks.
   *
   * @throws ARGUMENT_INVALID for a bad name, COMPONENT_NOT_FOUND, AMBIGUOUS, PROTECTED, ALREADY_EXISTS
   */
  async rename(type: string, reference: string, name: string, options?: WriteOptions): Promise<Updated> {
    checkName('component', name);
    return this.#change(await this.get(type, reference), options, () => ({ name }));
  }

  /**
   * Registers a component that is as another one is, labels included. A copy of a protected component is not protected.
   *
   * @throws ARGUMENT_INVALID for a bad name, COMPONENT_NOT_FOUND, AMBIGUOUS, ALREADY_EXISTS
   */
  async copy(type: string, reference: string, name: string, options?: WriteOptions): Promise<ComponentRecord> {
    getComponentType(type);
    checkName('component', name);
    return this.#store.transaction(async ({ components }) => {
      const original = await components.get(type, reference);
      return components.add({ ...original, name, isProtected: false });
    }, options);
  }

  /** @throws COMPONENT_NOT_FOUND, AMBIGUOUS, PROTECTED, and IN_USE while stacks have it */
  async remove(type: string, reference: string, options?: WriteOptions): Promise<ComponentRecord> {
    getComponentType(type);
    return this.#store.transaction(async ({ components }) => {
      const component = await components.get(type, reference);
      await components.remove(type, component.id);
      return component;
    }, options);
  }

  /**
   * Brings every component that an older version of its flavor stored to the version that is installed, each by itself.
   * What it was is kept. Opening a component does the same for that one.
   */
  async migrate(options?: WriteOptions): Promise<MigrationReport> {
    const migrated: ComponentMigration[] = [];
    const problems: StackError[] = [];
    for (const before of await this.list()) {
      try {
        const { after } = await this.#opener.bringUpToDate(before, options);
        const changes = fieldChanges(before, after);
        if (changes.length > 0) migrated.push({ before, after, changes });
      } catch (error) {
        if (!StackError.is(error)) throw error;
        problems.push(error);
      }
    }
    return { migrated, problems };
  }

  /** Opens a registered artifact store. Its owner disposes it. @throws COMPONENT_NOT_FOUND, AMBIGUOUS, what `open` throws */
  async openArtifactStore(
    { component }: Pick<ArtifactLocation, 'component'>,
    options?: WriteOptions,
  ): Promise<ArtifactStore> {
    return this.#openArtifactStore(await this.get('artifact-store', component), options);
  }

  /**
   * Opens the artifact store that an artifact is in, whatever stack is active, and whichever project wrote it: the one that is
   * registered under the name, or under another since; else the same flavor with the root that was recorded. Its owner disposes
   * it.
   *
   * @throws COMPONENT_NOT_FOUND when no artifact store of the flavor is registered
   */
  async openStoreOf({ store: location, path }: Pick<ArtifactRecord, 'store' | 'path'>): Promise<ArtifactStore> {
    const { component, flavor, root } = location;
    const registered = await this.#store.components.list({ type: 'artifact-store', flavor });
    const candidates = registered.toSorted((a, b) => Number(b.name === component) - Number(a.name === component));
    for (const candidate of candidates) {
      const store = await this.#openArtifactStore(candidate).catch((error: unknown) => {
        if (candidate.name === component || !StackError.is(error)) throw error;
        return undefined;
      });
      if (store === undefined) continue;
      const isThere = maskSecrets(store.root) === root || (candidate.name === component && (await store.exists(path)));
      if (isThere) return store;
      await store[Symbol.asyncDispose]();
    }
    const [nearest] = candidates;
    if (nearest === undefined) {
      throw new StackError({
        code: 'COMPONENT_NOT_FOUND',
        message: `The artifact is in ${root}, and no artifact store of the flavor "${flavor}" is registered.`,
        hint: `Register it again: stack artifact-store register ${component} --flavor=${flavor} --path=${root}`,
      });
    }
    // It was brought up to date by being opened.
    const { config, ...record } = await this.get('artifact-store', nearest.id);
    return this.#openArtifactStore({ ...record, config: { ...config, path: root } });
  }

  async #openArtifactStore(record: ComponentRecord, options?: WriteOptions): Promise<ArtifactStore> {
    // The type says that it is one: `createComponent` made it from a flavor of that type.
    return (await this.open(record, options)) as AnyComponent as ArtifactStore;
  }

  /**
   * Removes what killed processes left in an artifact store, staged files and uploads that were begun and never completed,
   * and tells what it was. By default it is what was last written to more than a day ago.
   *
   * @throws COMPONENT_NOT_FOUND, AMBIGUOUS, what `open` throws, and what the backend refuses
   * @throws ARGUMENT_INVALID for an age that is none
   */
  async collectGarbage(reference: string, options: GarbageOptions = {}): Promise<CollectedGarbage> {
    await using store = await this.openArtifactStore({ component: reference }, options);
    return { store: store.name, garbage: await store.collectGarbage(options) };
  }

  /**
   * Makes the component, ready to use, and brings it to the version of its flavor; in a dry run without storing that. Its
   * owner disposes it.
   *
   * @throws CONFIG_TOO_NEW when a newer version of the flavor stored it, SECRET_NOT_FOUND, DEPENDENCY_MISSING
   * @throws CONFIG_INVALID when its flavor became stricter, with the command that mends it
   */
  async open(record: ComponentRecord, options?: WriteOptions): Promise<AnyComponent> {
    return this.#opener.open(record, this.#secrets, options);
  }

  async #change(
    record: ComponentRecord,
    options: WriteOptions | undefined,
    change: (current: ComponentRecord) => ComponentChange,
  ): Promise<Updated> {
    let before = record;
    const after = await this.#store.transaction(
      ({ components }) =>
        components.update(record.type, record.id, (current) => {
          before = current;
          return change(current);
        }),
      options,
    );
    return { before, after };
  }
}

function checkInput(flavor: AnyFlavor, input: StoredInput, givenProblems: readonly Problem[], owner: InputOwner): void {
  // An option that could not be read is not missing too.
  const isNew = ({ path }: Problem) => !givenProblems.some((problem) => problem.path === path);
  const problems = [...givenProblems, ...inputProblems(flavor, input, owner).filter(isNew)];
  if (problems.length === 0) return;
  const error = configError(`${getComponentType(owner.type).label} "${owner.name}"`, problems);
  if (!problems.some(({ code }) => code === 'ATTRIBUTE_NOT_FOUND')) throw error;
  throw new StackError({ code: 'ATTRIBUTE_NOT_FOUND', message: error.message, hint: error.hint, problems });
}

function missingLabels({ labels }: ComponentRecord, keys: readonly string[]): Problem[] {
  const known = Object.keys(labels);
  return keys
    .filter((key) => !known.includes(key))
    .map((key) => ({
      path: `labels.${key}`,
      code: 'ATTRIBUTE_NOT_FOUND',
      message: 'is not set',
      hint: didYouMean(key, known) ?? (known.length === 0 ? 'It has no labels.' : `There are: ${known.join(', ')}.`),
    }));
}

/** `@acme/pkg:disk` as a filter; a source before the name is that of a registered flavor, whose name is enough. */
function parseFlavor({ flavor, flavorPackage }: ComponentFilter): Pick<ComponentFilter, 'flavor' | 'flavorPackage'> {
  const separator = flavor?.lastIndexOf(':') ?? -1;
  if (flavor === undefined || separator < 0) return { flavor, flavorPackage };
  const source = flavor.slice(0, separator);
  return { flavor: flavor.slice(separator + 1), flavorPackage: source.includes('#') ? flavorPackage : source };
}
