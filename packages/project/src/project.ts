import type { RunStore, SecretResolver } from '@stack/core';
import type { MetadataStore } from '@stack/store';
import { ProjectComponents } from './components/project-components.ts';
import { ProjectDocuments } from './documents/project-documents.ts';
import { ProjectFlavors } from './flavors/project-flavors.ts';
import { ModuleLoader } from './modules/module-loader.ts';
import { ProjectStacks } from './stacks/project-stacks.ts';

export interface ProjectOptions {
  /** Further folders whose dependencies are looked through for integrations. */
  readonly integrationsFrom: readonly string[];
  readonly secrets: SecretResolver;
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
  /** Give this to `pipeline.run(parameters, { stack, runStore })`, so that the run is kept. */
  readonly runs: RunStore;
  /** Imports the project's own modules. */
  readonly modules: ModuleLoader;
  readonly #store: MetadataStore;

  constructor(root: string, store: MetadataStore, { integrationsFrom, secrets }: ProjectOptions) {
    this.root = root;
    this.#store = store;
    this.storeLabel = store.label;
    this.modules = new ModuleLoader(root, integrationsFrom);
    this.flavors = new ProjectFlavors(root, integrationsFrom, store, this.modules);
    this.components = new ProjectComponents(root, store, this.flavors, secrets);
    this.stacks = new ProjectStacks(store, this.flavors, this.components, secrets);
    this.documents = new ProjectDocuments(root, store, this.flavors, this.modules);
    this.runs = store.runs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store[Symbol.asyncDispose]();
  }
}
