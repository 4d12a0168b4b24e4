import {
  type AnyComponent,
  type AnyFlavor,
  type ArtifactLocation,
  type ArtifactStore,
  checkName,
  configError,
  createComponent,
  flavorManifest,
  getComponentType,
  type JsonObject,
  type Problem,
  type SecretResolver,
} from '@stack/core';
import type { Option } from '@stack/core/manifest';
import type { ComponentFilter, ComponentRecord, MetadataStore } from '@stack/store';
import type { ProjectFlavors } from '../flavors/project-flavors.ts';
import { inputProblems } from './input-problems.ts';
import { splitOptions } from './split-options.ts';

export interface ComponentRegistration {
  readonly type: string;
  readonly name: string;
  /** A flavor's name, or `@acme/pkg:name` where two packages have one of that name. */
  readonly flavor: string;
  readonly config?: JsonObject;
  readonly settings?: JsonObject;
  /** Fields of the config and the settings as on a command line, read by the flavor's schemas: `['max-retries', '3']`. */
  readonly options?: readonly Option[];
  readonly labels?: Readonly<Record<string, string>>;
}

/** The components of a project. A `reference` is a name, an id, or the beginning of an id. */
export class ProjectComponents {
  readonly #root: string;
  readonly #store: MetadataStore;
  readonly #flavors: ProjectFlavors;
  readonly #secrets: SecretResolver;

  constructor(root: string, store: MetadataStore, flavors: ProjectFlavors, secrets: SecretResolver) {
    this.#root = root;
    this.#store = store;
    this.#flavors = flavors;
    this.#secrets = secrets;
  }

  /**
   * Checks a component and stores it, as it was given: defaults are not filled in, secrets stay references.
   *
   * @throws ARGUMENT_INVALID for a bad name, FLAVOR_NOT_FOUND, ALREADY_EXISTS
   * @throws CONFIG_INVALID with every problem of the config and settings; a secret that is no reference is one
   */
  async register(registration: ComponentRegistration): Promise<ComponentRecord> {
    const { type, name, labels = {} } = registration;
    checkName('component', name);
    const flavor = await this.#flavors.load(type, registration.flavor);
    const read = splitOptions(flavorManifest(flavor, flavor.name), registration.options ?? []);
    const input = {
      config: { ...registration.config, ...read.config },
      settings: { ...registration.settings, ...read.settings },
    };
    checkInput(flavor, input, read.problems, `${getComponentType(type).label} "${name}"`);
    const { configVersion } = flavor;
    return this.#store.components.add({ type, name, flavor: registration.flavor, configVersion, ...input, labels });
  }

  /** @throws COMPONENT_NOT_FOUND, AMBIGUOUS */
  async get(type: string, reference: string): Promise<ComponentRecord> {
    getComponentType(type);
    return this.#store.components.get(type, reference);
  }

  /** By type and name. */
  async list(filter: ComponentFilter = {}): Promise<readonly ComponentRecord[]> {
    if (filter.type !== undefined) getComponentType(filter.type);
    return this.#store.components.list(filter);
  }

  /** @throws COMPONENT_NOT_FOUND, PROTECTED, and IN_USE while stacks have it */
  async remove(type: string, reference: string): Promise<void> {
    getComponentType(type);
    await this.#store.components.remove(type, reference);
  }

  /**
   * Opens the artifact store that an artifact was written to, whatever stack is active. Its owner disposes it.
   *
   * @throws COMPONENT_NOT_FOUND when it is no longer registered
   */
  async openArtifactStore({ component }: Pick<ArtifactLocation, 'component'>): Promise<ArtifactStore> {
    // The type says that it is one: `createComponent` made it from a flavor of that type.
    return (await this.open(await this.get('artifact-store', component))) as AnyComponent as ArtifactStore;
  }

  /** Makes the component, ready to use. Its owner disposes it. */
  async open(record: ComponentRecord): Promise<AnyComponent> {
    const flavor = await this.#flavors.load(record.type, record.flavor);
    const { id, name, config, settings, labels } = record;
    return createComponent(flavor, {
      id,
      name,
      config,
      settings,
      labels,
      baseDirectory: this.#root,
      secrets: this.#secrets,
    });
  }
}

function checkInput(
  flavor: AnyFlavor,
  input: { readonly config: JsonObject; readonly settings: JsonObject },
  optionProblems: readonly Problem[],
  subject: string,
): void {
  // An option that could not be read is not missing too.
  const isNew = ({ path }: Problem) => !optionProblems.some((problem) => problem.path === path);
  const problems = [...optionProblems, ...inputProblems(flavor, input).filter(isNew)];
  if (problems.length > 0) throw configError(subject, problems);
}
