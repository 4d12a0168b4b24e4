import type { RunStore, SecretResolver } from '@stack/core';
import type { MetadataStore } from '@stack/store';
import { ComponentOpener } from './components/component-opener.ts';
import { ProjectComponents } from './components/project-components.ts';
import { ProjectDocuments } from './documents/project-documents.ts';
import { ProjectFlavors } from './flavors/project-flavors.ts';
import { ModuleLoader } from './modules/module-loader.ts';
import { stepProgram } from './runs/step-program.ts';
import { PlainSecretKeeper } from './secrets/plain-secret-keeper.ts';
import { ProjectSecrets } from './secrets/project-secrets.ts';
import { SecretStores } from './secrets/secret-stores.ts';
import { ProjectStacks } from './stacks/project-stacks.ts';

export interface ProjectOptions {
  /** Further folders whose dependencies are looked through for integrations. */
  readonly integrationsFrom: readonly string[];
  /** Finds the values of `{{name.key}}`. Default: the secret stores of the project. */
  readonly secrets?: SecretResolver | undefined;
}

/** What a folder that `stack init` made a project knows. Made by `openProject` and `initProject`. */
export class Project implements AsyncDisposable {
  /** The absolute path of the project's root. */
  readonly root: string;
  /** Where its metadata store is: the path of a SQLite file, or the URL of a PostgreSQL database without the password. */
  readonly storeLabel: string;
  readonly flavors: ProjectFlavors;
  readonly components: ProjectComponents;
  readonly stacks: ProjectStacks;
  readonly documents: ProjectDocuments;
  /** The secrets in the secret stores of the project. */
  readonly secrets: ProjectSecrets;
  /** Give this to `pipeline.run(parameters, { stack, runStore })`, so that the run is kept. */
  readonly runs: RunStore;
  /** Imports the project's own modules. */
  readonly modules: ModuleLoader;
  readonly #store: MetadataStore;
  readonly #secretStores: SecretStores;

  constructor(root: string, store: MetadataStore, { integrationsFrom, secrets }: ProjectOptions) {
    this.root = root;
    this.#store = store;
    this.storeLabel = store.label;
    this.modules = new ModuleLoader(root, integrationsFrom);
    this.flavors = new ProjectFlavors(root, integrationsFrom, store, this.modules);
    const opener = new ComponentOpener(root, store, this.flavors);
    this.#secretStores = new SecretStores(store, this.flavors, opener);
    this.secrets = new ProjectSecrets(root, store, this.#secretStores);
    const resolver = secrets ?? this.secrets;
    const keeper = new PlainSecretKeeper(this.secrets, resolver);
    this.components = new ProjectComponents(store, this.flavors, opener, resolver, keeper);
    this.stacks = new ProjectStacks(
      store,
      this.flavors,
      this.components,
      resolver,
      secrets === undefined ? this.#secretStores : undefined,
    );
    this.documents = new ProjectDocuments(root, store, this.flavors, this.modules, keeper);
    this.runs = { ...store.runs, stepProgram: stepProgram({ root, integrationsFrom }) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#secretStores[Symbol.asyncDispose]();
    await this.#store[Symbol.asyncDispose]();
  }
}
