import type { AnyComponent, SecretResolver, SecretStore } from '@stack/core';
import type { ComponentRecord, MetadataStore } from '@stack/store';
import type { ComponentOpener } from '../components/component-opener.ts';
import type { ProjectFlavors } from '../flavors/project-flavors.ts';
import { ProjectSecretResolver } from './project-secret-resolver.ts';

/** The secret stores of a project: each is opened when it is first needed, and stays open. */
export class SecretStores implements AsyncDisposable {
  readonly #store: MetadataStore;
  readonly #flavors: ProjectFlavors;
  readonly #opener: ComponentOpener;
  readonly #open = new Map<string, SecretStore>();
  /** Settled when no store is being opened. */
  #opening: Promise<unknown> = Promise.resolve();

  constructor(store: MetadataStore, flavors: ProjectFlavors, opener: ComponentOpener) {
    this.#store = store;
    this.#flavors = flavors;
    this.#opener = opener;
  }

  /** Those that are asked, in their order. */
  async list(): Promise<readonly ComponentRecord[]> {
    return this.#store.secretStores.order();
  }

  /** @throws COMPONENT_NOT_FOUND, AMBIGUOUS */
  async get(reference: string): Promise<ComponentRecord> {
    return this.#store.components.get('secret-store', reference);
  }

  /**
   * The first that takes writes; its implementation is not loaded.
   *
   * @param except stores that are not wanted
   */
  async findWritable(except: readonly ComponentRecord[] = []): Promise<ComponentRecord | undefined> {
    for (const record of await this.list()) {
      if (except.some(({ id }) => id === record.id)) continue;
      const { flavor } = await this.#flavors.loadOf(record);
      if (!flavor.capabilities.includes('read-only')) return record;
    }
    return undefined;
  }

  /**
   * Rejects with what keeps the store from being opened.
   *
   * @param opening stores that are being opened already, each because the one before it needs a secret of the next
   */
  async open(record: ComponentRecord, opening: readonly ComponentRecord[] = []): Promise<SecretStore> {
    if (opening.length > 0) return this.#openWithin(record, opening);
    // One after the other, so that no two wait for each other.
    const opened = this.#opening.then(() => this.#openWithin(record, opening));
    this.#opening = opened.catch(() => {});
    return opened;
  }

  /** Makes the store once more. Its owner disposes it. */
  async openAnew(record: ComponentRecord): Promise<AnyComponent> {
    return this.#opener.open(record, this.resolverFor(record));
  }

  /** Finds the secrets that the config of a store refers to: in the others. */
  resolverFor(record: ComponentRecord): SecretResolver {
    return new ProjectSecretResolver(this, [record]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opening;
    const stores = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(stores.map((store) => store[Symbol.asyncDispose]()));
  }

  async #openWithin(record: ComponentRecord, opening: readonly ComponentRecord[]): Promise<SecretStore> {
    const known = this.#open.get(record.id);
    if (known !== undefined) return known;
    const secrets = new ProjectSecretResolver(this, [...opening, record]);
    // The type says that it is one: `createComponent` made it from a flavor of that type.
    const store = (await this.#opener.open(record, secrets)) as AnyComponent as SecretStore;
    this.#open.set(record.id, store);
    return store;
  }
}
