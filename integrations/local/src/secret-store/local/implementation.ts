import { randomUUID } from 'node:crypto';
import { basename, dirname, join, resolve } from 'node:path';
import {
  type ComponentContext,
  type ErrorCode,
  type ProbeResult,
  type RekeyedSecrets,
  type SealedSecret,
  type SealedSecretChange,
  type SealedSecretPlace,
  type SealedSecretTable,
  type SecretContent,
  type SecretEdit,
  type SecretScope,
  SecretStore,
  type SecretSummary,
  StackError,
  unhealthy,
} from '@stack/core';
import type { LocalSecretStoreConfig } from './config.ts';
import { EnvironmentKeys, keyVariable } from './environment-keys.ts';
import { KeyFile, keyFolder } from './key-file.ts';
import type { KeyRing } from './key-ring.ts';
import type { KeySource } from './key-source.ts';
import { shellWord } from './shell-word.ts';

/** The secrets of a scope that one person sees. */
type Shelf = Omit<SealedSecretPlace, 'name'>;

/**
 * Keeps secrets in the metadata store of a project, each value sealed by AES-256-GCM for its place: it opens in no other
 * secret, and under no other name or key. A project opens it; by itself it needs the override `sealedSecrets`, the table
 * of a metadata store. The override `environment` takes the place of `process.env`.
 */
export default class LocalSecretStore extends SecretStore<LocalSecretStoreConfig> {
  readonly #table: SealedSecretTable;
  readonly #environment: NodeJS.ProcessEnv;

  /** @throws ARGUMENT_INVALID without a metadata store */
  constructor(context: ComponentContext<LocalSecretStoreConfig>) {
    const { environment = process.env, ...overrides } = context.overrides;
    // It has the key, and whoever prints the component is not to see it.
    super({ ...context, overrides });
    this.#environment = environment as NodeJS.ProcessEnv;
    this.#table = requireTable(this.overrides.sealedSecrets, String(this));
    if (/^[\w-]+$/.test(this.id)) return;
    throw new StackError({
      code: 'ARGUMENT_INVALID',
      message: `${JSON.stringify(this.id)}, the id of the ${this}, cannot be the name of its key file.`,
    });
  }

  protected override async doGet(names: readonly string[], scope: SecretScope): Promise<readonly SecretContent[]> {
    return await this.#withKeys(scope, async (keys) => {
      const shelf = this.#shelf(scope, keys);
      const secrets = shelf === undefined ? [] : await this.#table.list({ ...shelf, names });
      return secrets.map((secret) => ({ ...summary(secret), values: keys.open(secret) }));
    });
  }

  protected override async doList(scope: SecretScope): Promise<readonly SecretSummary[]> {
    const shelf = this.#shelf(scope, await this.#keySource(scope).read());
    return shelf === undefined ? [] : (await this.#table.list(shelf)).map(summary);
  }

  protected override async doCreate(
    name: string,
    values: Readonly<Record<string, string>>,
    scope: SecretScope,
  ): Promise<SecretSummary> {
    await this.#requireKey(scope);
    const { added, sealedBy } = await this.#withKeys(scope, async (keys) => {
      const place = { id: randomUUID(), ...this.#requireShelf(scope, keys), name };
      const added = await this.#table.add({ ...place, values: keys.seal(place, values) }, (other) => {
        // Whoever cannot open what is there has another key than the others, or an old one.
        if (other !== undefined) keys.open(other);
      });
      return { added, sealedBy: keys };
    });
    return summary(await this.#sealWithNewerKey(added, sealedBy));
  }

  protected override async doUpdate(
    name: string,
    edit: SecretEdit,
    scope: SecretScope,
  ): Promise<SecretSummary | undefined> {
    return await this.#change(name, scope, (secret, keys) => ({
      values: keys.seal(secret, keys.edit(secret, edit)),
    }));
  }

  protected override async doRename(
    name: string,
    newName: string,
    scope: SecretScope,
  ): Promise<SecretSummary | undefined> {
    return await this.#change(name, scope, (secret, keys) => ({
      name: newName,
      values: keys.seal({ ...secret, name: newName }, keys.open(secret)),
    }));
  }

  protected override async doDelete(name: string, scope: SecretScope): Promise<boolean> {
    const shelf = this.#shelf(scope, await this.#keySource(scope).read());
    return shelf !== undefined && (await this.#table.remove({ ...shelf, name }));
  }

  /**
   * The new key is in the file before anything is sealed with it, and the old one until nothing is. What stops this
   * half-way leaves both there, and the next one does the rest.
   */
  protected override async doRekey(scope: SecretScope): Promise<Omit<RekeyedSecrets, 'scope'>> {
    const source = this.#keySource(scope);
    await this.#requireKey(scope);
    await this.#checkAllOpen(scope);
    await source.addKey();
    return await this.#withKeys(scope, async (keys) => {
      const secrets = await this.#table.updateAll(this.#requireShelf(scope, keys), (secret) =>
        keys.seal(secret, keys.open(secret)),
      );
      const [first, ...others] = keys.keys;
      await source.dropKeys(others.map(({ id }) => id));
      return { secrets, key: first?.id };
    });
  }

  /** Opens everything that is there. */
  override async probe(): Promise<ProbeResult> {
    try {
      const ofProject = await this.#checkAllOpen('project');
      const personal = await this.#checkAllOpen('personal');
      return { healthy: true, message: `All secrets open: ${ofProject} of the project, ${personal} personal.` };
    } catch (error) {
      if (!StackError.is(error)) throw error;
      return unhealthy(error);
    }
  }

  /** Every error here is a `StackError` already, or the caller's own. */
  protected override mapError(_error: unknown): ErrorCode | undefined {
    return undefined;
  }

  /** `undefined` for a secret that is not there. */
  async #change(
    name: string,
    scope: SecretScope,
    change: (secret: SealedSecret, keys: KeyRing) => SealedSecretChange,
  ): Promise<SecretSummary | undefined> {
    return await this.#withKeys(scope, async (keys) => {
      const shelf = this.#shelf(scope, keys);
      if (shelf === undefined) return undefined;
      const changed = await this.#updateIfThere({ ...shelf, name }, (secret) => change(secret, keys));
      return changed && summary(changed);
    });
  }

  async #updateIfThere(
    place: SealedSecretPlace,
    change: (secret: SealedSecret) => SealedSecretChange,
  ): Promise<SealedSecret | undefined> {
    try {
      return await this.#table.update(place, change);
    } catch (error) {
      if (StackError.is(error, 'SECRET_NOT_FOUND')) return undefined;
      throw error;
    }
  }

  /** A rekey that sealed all with a newer key just before a secret was added did not see it. */
  async #sealWithNewerKey(added: SealedSecret, sealedBy: KeyRing): Promise<SealedSecret> {
    const newer = await this.#keySource(added.scope).read();
    if (newer.isEmpty() || newer.first().id === sealedBy.first().id) return added;
    const both = newer.before(sealedBy);
    try {
      const sealed = await this.#updateIfThere(added, (secret) => ({ values: both.seal(secret, both.open(secret)) }));
      return sealed === undefined ? added : await this.#sealWithNewerKey(sealed, both);
    } catch (error) {
      // Then another rekey saw it.
      if (StackError.is(error, 'SECRET_KEY_WRONG')) return added;
      throw error;
    }
  }

  /** How many secrets there are. */
  async #checkAllOpen(scope: SecretScope): Promise<number> {
    return await this.#withKeys(scope, async (keys) => {
      const shelf = this.#shelf(scope, keys);
      const secrets = shelf === undefined ? [] : await this.#table.list(shelf);
      for (const secret of secrets) keys.open(secret);
      return secrets.length;
    });
  }

  /**
   * Runs an action with the keys as they are. A rekey of another process puts its key into the file before it seals
   * anything with it: whoever meets a key that it does not know reads the file once more.
   */
  async #withKeys<Result>(scope: SecretScope, action: (keys: KeyRing) => Promise<Result>): Promise<Result> {
    const source = this.#keySource(scope);
    for (let keys = await source.read(); ; ) {
      try {
        return await action(keys);
      } catch (error) {
        const isUnknown = StackError.is(error, 'SECRET_KEY_WRONG') || StackError.is(error, 'SECRET_KEY_MISSING');
        const newer = isUnknown ? await source.read() : keys;
        if (newer.equals(keys)) throw error;
        keys = newer;
      }
    }
  }

  /** Makes the first key, unless there are secrets of another one that is only not here. */
  async #requireKey(scope: SecretScope): Promise<void> {
    await this.#withKeys(scope, async (keys) => {
      if (!keys.isEmpty()) return;
      const shelf = this.#shelf(scope, keys);
      const secrets = shelf === undefined ? [] : await this.#table.list(shelf);
      for (const secret of secrets) keys.open(secret);
      await this.#keySource(scope).makeKey();
    });
  }

  #keySource(scope: SecretScope): KeySource {
    const given = this.#environment[keyVariable];
    const isOfProject = scope === 'project';
    if (isOfProject && given !== undefined && given.trim() !== '') return new EnvironmentKeys(String(this), given);
    const named = isOfProject ? this.config.keyFile : undefined;
    const name = isOfProject ? `${this.id}.key` : `${this.id}.personal.key`;
    const project = this.baseDirectory;
    const file = named === undefined ? join(keyFolder(this.#environment), name) : resolve(project, named);
    const outside = shellWord(join(dirname(project), basename(file)));
    return new KeyFile({
      file,
      store: String(this),
      project,
      remedy:
        named === undefined
          ? `Set XDG_CONFIG_HOME to a folder outside of the project, or give a key as ${keyVariable}.`
          : `Move it: mv ${shellWord(file)} ${outside} && stack secret-store update ${this.name} --key-file ${outside}`,
      comments: [
        `The key of ${isOfProject ? 'the' : 'your personal'} secrets in the ${this} of ${JSON.stringify(project)}.`,
        'Whoever has it and the metadata store can read them. Keep a copy elsewhere: without it they are lost.',
      ],
      isPersonal: !isOfProject,
      isShared: named !== undefined,
    });
  }

  /** `undefined` for a person who has no key yet, and so no secrets. */
  #shelf(scope: SecretScope, keys: KeyRing): Shelf | undefined {
    const owner = scope === 'project' ? '' : keys.owner;
    return owner === undefined ? undefined : { store: this.id, scope, owner };
  }

  /** @throws SECRET_KEY_INVALID, SECRET_KEY_MISSING */
  #requireShelf(scope: SecretScope, keys: KeyRing): Shelf {
    return this.#shelf(scope, keys) ?? { store: this.id, scope, owner: keys.first().id };
  }
}

/** @throws ARGUMENT_INVALID */
function requireTable(value: unknown, store: string): SealedSecretTable {
  const isTable = typeof value === 'object' && value !== null && 'updateAll' in value;
  if (isTable) return value as SealedSecretTable;
  throw new StackError({
    code: 'ARGUMENT_INVALID',
    message: `The ${store} keeps its secrets in the metadata store of a project, and was given none.`,
    hint: 'Open it by a project, or give the override `sealedSecrets`: that of a metadata store.',
  });
}

function summary({ name, scope, values, createdAt, updatedAt }: SealedSecret): SecretSummary {
  return { name, scope, keys: Object.keys(values), createdAt, updatedAt };
}
