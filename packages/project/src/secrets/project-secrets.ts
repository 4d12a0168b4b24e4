import {
  didYouMean,
  type RekeyedSecrets,
  type SecretChange,
  type SecretOptions,
  type SecretReference,
  type SecretResolver,
  type SecretStore,
  type SecretSummary,
  type SecretWriteOptions,
  StackError,
  type StoredSecret,
} from '@stack/core';
import type { ComponentRecord, MetadataStore, WriteOptions } from '@stack/store';
import { type ImportedSecret, importSecrets, type SecretConflictRule } from './import-secrets.ts';
import { ProjectSecretResolver } from './project-secret-resolver.ts';
import type { SecretStores } from './secret-stores.ts';
import { componentReferrer, findSecretUses, stackFileReferrers } from './secret-uses.ts';
import type { SecretValues } from './secrets-document.ts';

/** Where a secret is. */
interface InStore {
  /** Name of the secret store. */
  readonly store: string;
}

/** What is known of a secret of a project without its values. */
export interface ProjectSecretSummary extends SecretSummary, InStore {}

/** A secret of a project with its values, which print as `[secret]`. */
export interface ProjectSecret extends StoredSecret, InStore {}

export interface ListedSecrets {
  /** By the order of the secret stores, then by name. */
  readonly secrets: readonly ProjectSecretSummary[];
  /** What keeps single stores from telling what they have. */
  readonly problems: readonly StackError[];
}

export interface ProjectSecretOptions extends SecretOptions {
  /** Name or id of a secret store. Default: all that are asked, in their order. */
  readonly store?: string | undefined;
}

export interface ProjectSecretWriteOptions extends SecretWriteOptions {
  /** Name or id of a secret store. Default: the first of those that are asked that takes writes. */
  readonly store?: string | undefined;
}

export interface SecretRemovalOptions extends ProjectSecretWriteOptions {
  /** Whether to do it although components refer to what is then no longer there. Default `false`. */
  readonly force?: boolean | undefined;
}

export interface SecretImportOptions extends ProjectSecretWriteOptions {
  /** What is done with names that are taken. Default `fail`. */
  readonly onConflict?: SecretConflictRule | undefined;
}

/**
 * The secrets of a project, in all of its secret stores. It finds what references mean, too: the first store is asked
 * for all, and each further one for what is still missing. With `{ dryRun: true }` a method does all its checks, gives
 * what it would give, and writes nothing.
 */
export class ProjectSecrets implements SecretResolver {
  readonly #root: string;
  readonly #store: MetadataStore;
  readonly #stores: SecretStores;
  readonly #resolver: ProjectSecretResolver;

  constructor(root: string, store: MetadataStore, stores: SecretStores) {
    this.#root = root;
    this.#store = store;
    this.#stores = stores;
    this.#resolver = new ProjectSecretResolver(stores);
  }

  /** The value of each reference, in the order asked for; `undefined` for one that does not exist. */
  async resolve(references: readonly SecretReference[]): Promise<readonly (string | undefined)[]> {
    return this.#resolver.resolve(references);
  }

  /** The command that gives a reference a value which had none when it was resolved. */
  describeMissing(reference: SecretReference): string {
    return this.#resolver.describeMissing(reference);
  }

  /** The secret stores that are asked, in their order. */
  async stores(): Promise<readonly ComponentRecord[]> {
    return this.#stores.list();
  }

  /**
   * Says which secret stores are asked, and in which order. Others keep what they have.
   *
   * @param references names or ids
   * @throws COMPONENT_NOT_FOUND, AMBIGUOUS, and ARGUMENT_INVALID for one that is given twice, and for none
   */
  async setStores(references: readonly string[], options?: WriteOptions): Promise<readonly ComponentRecord[]> {
    return this.#store.transaction(async ({ components, secretStores }) => {
      const ids: string[] = [];
      for (const reference of references) ids.push((await components.get('secret-store', reference)).id);
      return secretStores.setOrder(ids);
    }, options);
  }

  /** The secret of the first store that has it. @throws SECRET_NOT_FOUND with the nearest names */
  async get(name: string, { store, ...options }: ProjectSecretOptions = {}): Promise<ProjectSecret> {
    if (store !== undefined) {
      const record = await this.#stores.get(store);
      return { ...(await (await this.#stores.open(record)).get(name, options)), store: record.name };
    }
    for (const record of await this.#stores.list()) {
      const found = (await (await this.#stores.open(record)).getMany([name], options)).get(name);
      if (found !== undefined) return { ...found, store: record.name };
    }
    const { secrets } = await this.list(options);
    throw new StackError({
      code: 'SECRET_NOT_FOUND',
      message: `There is no ${options.scope === undefined ? '' : `${options.scope} `}secret ${JSON.stringify(name)}.`,
      hint: didYouMean(name, new Set(secrets.map((secret) => secret.name))) ?? 'See what there is: stack secret list',
    });
  }

  /** All secrets without their values. A store that cannot be asked hides nothing of another, unless it is the one given. */
  async list({ store, ...options }: ProjectSecretOptions = {}): Promise<ListedSecrets> {
    const records = store === undefined ? await this.#stores.list() : [await this.#stores.get(store)];
    const secrets: ProjectSecretSummary[] = [];
    const problems: StackError[] = [];
    for (const record of records) {
      try {
        const ofStore = await (await this.#stores.open(record)).list(options);
        secrets.push(...ofStore.map((secret) => ({ ...secret, store: record.name })));
      } catch (error) {
        if (records.length === 1 || !StackError.is(error)) throw error;
        problems.push(error);
      }
    }
    return { secrets, problems };
  }

  /** @throws ARGUMENT_INVALID with every problem, ALREADY_EXISTS, CAPABILITY_UNSUPPORTED */
  async create(
    name: string,
    values: SecretValues,
    options: ProjectSecretWriteOptions = {},
  ): Promise<ProjectSecretSummary> {
    return this.#write(name, options, (store, how) => store.create(name, values, how));
  }

  /**
   * Changes values of a secret, and leaves the others.
   *
   * @throws ARGUMENT_INVALID with every problem, SECRET_NOT_FOUND, CAPABILITY_UNSUPPORTED
   * @throws IN_USE naming what refers to a key that is to go, unless forced
   */
  async update(
    name: string,
    change: SecretChange,
    { force = false, ...options }: SecretRemovalOptions = {},
  ): Promise<ProjectSecretSummary> {
    return this.#write(name, options, async (store, how) => {
      const changed = await store.update(name, change, { ...how, dryRun: true });
      const { remove = [] } = change;
      if (!force && remove.length > 0) await this.#refuseInUse(store, changed, remove);
      return how.dryRun ? changed : store.update(name, change, how);
    });
  }

  /**
   * Gives a secret another name. References are not changed with it.
   *
   * @throws ARGUMENT_INVALID for a bad name, SECRET_NOT_FOUND, ALREADY_EXISTS, CAPABILITY_UNSUPPORTED
   * @throws IN_USE naming what refers to it, unless forced
   */
  async rename(
    name: string,
    newName: string,
    { force = false, ...options }: SecretRemovalOptions = {},
  ): Promise<ProjectSecretSummary> {
    return this.#write(name, options, async (store, how) => {
      const renamed = await store.rename(name, newName, { ...how, dryRun: true });
      if (!force && name !== newName) await this.#refuseInUse(store, { ...renamed, name });
      return how.dryRun ? renamed : store.rename(name, newName, how);
    });
  }

  /**
   * @throws SECRET_NOT_FOUND, CAPABILITY_UNSUPPORTED
   * @throws IN_USE naming what refers to it, unless forced
   */
  async delete(
    name: string,
    { force = false, ...options }: SecretRemovalOptions = {},
  ): Promise<Pick<ProjectSecretSummary, 'name' | 'scope' | 'store'>> {
    return this.#write(name, options, async (store, how) => {
      const deleted = { name, scope: how.scope ?? 'project' };
      await store.delete(name, { ...how, dryRun: true });
      if (!force) await this.#refuseInUse(store, deleted);
      if (!how.dryRun) await store.delete(name, how);
      return deleted;
    });
  }

  /**
   * Puts secrets into one store: all of them or, where one cannot be, none.
   *
   * @param secrets the values in clear, by name and key
   * @throws ALREADY_EXISTS, ARGUMENT_INVALID with every problem, CAPABILITY_UNSUPPORTED
   */
  async import(
    secrets: Readonly<Record<string, SecretValues>>,
    { store, onConflict = 'fail', ...options }: SecretImportOptions = {},
  ): Promise<{ readonly store: string; readonly secrets: readonly ImportedSecret[] }> {
    const into = await this.#storeToWrite(store);
    return { store: into.name, secrets: await importSecrets(into, secrets, onConflict, options) };
  }

  /** The secrets of one store and scope, by default the store that takes writes and the project, with their values. */
  async export({ store, scope = 'project', signal }: ProjectSecretOptions = {}): Promise<readonly ProjectSecret[]> {
    const from = await this.#storeToWrite(store);
    const names = (await from.list({ scope, signal })).map(({ name }) => name);
    const secrets = await from.getMany(names, { scope, signal });
    return names.flatMap((name) => {
      const secret = secrets.get(name);
      return secret === undefined ? [] : [{ ...secret, store: from.name }];
    });
  }

  /**
   * Seals all secrets of a store and scope with another key: a new one, or the one that was given meanwhile.
   *
   * @throws CAPABILITY_UNSUPPORTED when the store has no key, and why a secret cannot be opened
   */
  async rekey({ store, ...options }: ProjectSecretWriteOptions = {}): Promise<RekeyedSecrets & InStore> {
    const rekeyed = await this.#storeToWrite(store);
    return { ...(await rekeyed.rekey(options)), store: rekeyed.name };
  }

  async #storeToWrite(reference: string | undefined): Promise<SecretStore> {
    const record = await (reference === undefined ? this.#stores.findWritable() : this.#stores.get(reference));
    if (record !== undefined) return this.#stores.open(record);
    throw new StackError({
      code: 'COMPONENT_NOT_FOUND',
      message: 'The project has no secret store that takes writes.',
      hint: 'Register one: stack secret-store register NAME --flavor FLAVOR',
    });
  }

  async #write<Result extends Pick<SecretSummary, 'name' | 'scope'>>(
    name: string,
    { store: reference, ...options }: ProjectSecretWriteOptions,
    action: (store: SecretStore, options: SecretWriteOptions) => Promise<Result>,
  ): Promise<Result & InStore> {
    const store = await this.#storeToWrite(reference);
    try {
      return { ...(await action(store, options)), store: store.name };
    } catch (error) {
      throw StackError.is(error, 'SECRET_NOT_FOUND') ? await this.#locate(error, name) : error;
    }
  }

  /** The error that a secret is not where it was looked for, with where it is. */
  async #locate(error: StackError, name: string): Promise<StackError> {
    const elsewhere = (await this.list()).secrets.find((secret) => secret.name === name);
    if (elsewhere === undefined) return error;
    const { code, message } = error;
    const { store, scope } = elsewhere;
    const hint = `There is a ${scope} one in the secret store "${store}": add --store ${store} --scope ${scope}`;
    return new StackError({ code, message, hint, cause: error });
  }

  /** Where another secret of the name is left, references still have a meaning. */
  async #refuseInUse(
    store: SecretStore,
    { name, scope }: Pick<SecretSummary, 'name' | 'scope'>,
    keys?: readonly string[],
  ): Promise<void> {
    const components = await this.#store.components.list();
    const uses = findSecretUses(
      [...components.map(componentReferrer), ...(await stackFileReferrers(this.#root))],
      name,
      keys,
    );
    if (uses.length === 0) return;
    const { secrets } = await this.list();
    const isOther = (secret: ProjectSecretSummary) => secret.store !== store.name || secret.scope !== scope;
    const hasKeys = (secret: ProjectSecretSummary) => keys?.every((key) => secret.keys.includes(key)) ?? true;
    if (secrets.some((secret) => secret.name === name && isOther(secret) && hasKeys(secret))) return;
    throw new StackError({
      code: 'IN_USE',
      message: `The secret "${name}" is referred to by ${uses.join(', ')}.`,
      hint: 'Have them refer to another one first, or do it all the same with --force.',
    });
  }
}
