import { StackComponent } from '../component/stack-component.ts';
import { didYouMean, type ErrorCode, StackError } from '../errors/index.ts';
import { isError } from '../errors/is-error.ts';
import { addMaskedValue, Secret, type SecretReference } from '../secrets/index.ts';
import {
  refuseSecretProblems,
  secretNameProblems,
  secretProblems,
  secretValueProblems,
} from '../secrets/secret-name.ts';
import { isBraced } from '../secrets/secret-reference.ts';

/** Whose a secret is: everybody's who works on the project, or one person's on one machine. */
export type SecretScope = 'project' | 'personal';

/** What is known of a secret without its values. */
export interface SecretSummary {
  readonly name: string;
  readonly scope: SecretScope;
  /** In the order of their bytes. */
  readonly keys: readonly string[];
  /** Where the backend knows it. */
  readonly createdAt?: Date | undefined;
  /** Where the backend knows it. */
  readonly updatedAt?: Date | undefined;
}

/** A secret with its values, which print as `[secret]`. */
export interface StoredSecret extends SecretSummary {
  readonly values: Readonly<Record<string, Secret>>;
}

/** What a backend gives of a secret: its values in clear. */
export interface SecretContent extends Omit<SecretSummary, 'keys'> {
  readonly values: Readonly<Record<string, string>>;
}

/** What is to be different in a secret. What is not given stays. */
export interface SecretChange {
  /** Values that come, or replace others. */
  readonly set?: Readonly<Record<string, string>> | undefined;
  /** Keys that go. */
  readonly remove?: readonly string[] | undefined;
}

export interface SecretOptions {
  /** Default: to read, the personal secret, else the project's; to write, `project`. */
  readonly scope?: SecretScope | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface SecretWriteOptions extends SecretOptions {
  /** Whether to do all checks and write nothing. Default `false`. */
  readonly dryRun?: boolean | undefined;
}

/** What sealing all secrets of a scope with another key came to. */
export interface RekeyedSecrets {
  readonly scope: SecretScope;
  /** How many secrets there are. */
  readonly secrets: number;
  /** Id of the key that they are sealed with now, which tells nothing of the key. `undefined` in a dry run. */
  readonly key: string | undefined;
}

/** How a change computes the values that a secret is to have. It may throw, and may be called again. */
export type SecretEdit = (current: Readonly<Record<string, string>>) => Readonly<Record<string, string>>;

/**
 * The contract of all secret stores. A secret has a name and values by key; `{{name.key}}` refers to one of them.
 * Everything public is written once, here, over the protected `do...` primitives that a flavor implements:
 *
 * - What is read is a `Secret`, and is masked in this process from then on; so is what is written.
 * - A personal secret hides the project's of the same name, as a whole.
 * - A missing secret is `SECRET_NOT_FOUND`; one that is there and cannot be opened never is. What cannot be a name names
 *   nothing.
 * - Of two writers of one new name one gets `ALREADY_EXISTS`; an update changes what it names, and nothing else.
 * - No error shows a value.
 *
 * A flavor without the capability `personal` knows the scope `project` alone; one with `read-only` takes no writes; one
 * with `rekey` keeps its secrets under a key that can be changed.
 */
export abstract class SecretStore<
  Config extends object = object,
  Settings extends object = object,
> extends StackComponent<Config, Settings> {
  /** @throws SECRET_NOT_FOUND with the nearest names */
  async get(name: string, options: SecretOptions = {}): Promise<StoredSecret> {
    const found = (await this.getMany([name], options)).get(name);
    if (found !== undefined) return found;
    throw await this.#notFound(name, options);
  }

  /** Those of the named secrets that exist, by name: asked of the backend all at once. */
  async getMany(names: readonly string[], options: SecretOptions = {}): Promise<ReadonlyMap<string, StoredSecret>> {
    const found = new Map<string, StoredSecret>();
    // What cannot be a name names nothing, and is no matter for a backend.
    const wanted = [...new Set(names)].filter(canBeName);
    for (const scope of this.#scopesToRead(options.scope)) {
      const rest = wanted.filter((name) => !found.has(name));
      if (rest.length === 0) break;
      const contents = await this.#perform('read', options.signal, () => this.doGet(rest, scope, options));
      for (const content of contents) found.set(content.name, storedSecret(this, content));
    }
    return found;
  }

  /** The value of each reference, in the order asked for; `undefined` for one that does not exist. */
  async resolve(
    references: readonly SecretReference[],
    options: SecretOptions = {},
  ): Promise<readonly (Secret | undefined)[]> {
    const names = references.map(({ name }) => name);
    const secrets = await this.getMany(names, options);
    return references.map(({ name, key }) => {
      const { keys = [], values = {} } = secrets.get(name) ?? {};
      const found = this.findKey(key, keys);
      return found === undefined ? undefined : values[found];
    });
  }

  /** All secrets without their values, by name in the order of its bytes; the project's before the personal one. */
  async list(options: SecretOptions = {}): Promise<readonly SecretSummary[]> {
    const scopes = this.#scopesToRead(options.scope);
    const lists = await this.#perform('list', options.signal, () =>
      Promise.all(scopes.map((scope) => this.doList(scope, options))),
    );
    return lists
      .flat()
      .map(sorted)
      .sort((a, b) => compareTexts(a.name, b.name) || compareTexts(b.scope, a.scope));
  }

  /**
   * @throws ARGUMENT_INVALID with every problem of the name, the keys and the values
   * @throws ALREADY_EXISTS for a name that is taken in this scope
   * @throws CAPABILITY_UNSUPPORTED when the store takes no writes, or not in this scope
   */
  async create(
    name: string,
    values: Readonly<Record<string, string>>,
    options: SecretWriteOptions = {},
  ): Promise<SecretSummary> {
    const scope = this.#scopeToWrite(options.scope);
    refuseSecretProblems(name, [
      ...secretNameProblems(name),
      ...secretValueProblems(values),
      ...secretProblems(name, values),
    ]);
    maskAll(values);
    if (options.dryRun) {
      if ((await this.getMany([name], { ...options, scope })).has(name)) throw this.alreadyExists(name, scope);
      return sorted({ name, scope, keys: Object.keys(values) });
    }
    return sorted(await this.#perform('create', options.signal, () => this.doCreate(name, values, scope, options)));
  }

  /**
   * Changes values of a secret, and leaves the others.
   *
   * @throws ARGUMENT_INVALID with every problem, such as a key to remove that is not there or is the last one
   * @throws SECRET_NOT_FOUND, CAPABILITY_UNSUPPORTED
   */
  async update(name: string, change: SecretChange, options: SecretWriteOptions = {}): Promise<SecretSummary> {
    const scope = this.#scopeToWrite(options.scope);
    refuseSecretProblems(name, secretValueProblems(change.set ?? {}));
    maskAll(change.set ?? {});
    const edit: SecretEdit = (current) => changedValues(name, current, change);
    if (options.dryRun) {
      const { values, ...current } = await this.get(name, { ...options, scope });
      const clear = Object.entries(values).map(([key, secret]) => [key, secret.reveal()]);
      return sorted({ ...current, keys: Object.keys(edit(Object.fromEntries(clear))) });
    }
    return this.#change('update', name, scope, options, () => this.doUpdate(name, edit, scope, options));
  }

  /** @throws ARGUMENT_INVALID for a bad new name, SECRET_NOT_FOUND, ALREADY_EXISTS, CAPABILITY_UNSUPPORTED */
  async rename(name: string, newName: string, options: SecretWriteOptions = {}): Promise<SecretSummary> {
    const scope = this.#scopeToWrite(options.scope);
    refuseSecretProblems(newName, secretNameProblems(newName));
    if (options.dryRun || name === newName) {
      const { values: _, ...current } = await this.get(name, { ...options, scope });
      const isTaken = name !== newName && (await this.getMany([newName], { ...options, scope })).has(newName);
      if (isTaken) throw this.alreadyExists(newName, scope);
      return { ...current, name: newName };
    }
    return this.#change('rename', name, scope, options, () => this.doRename(name, newName, scope, options));
  }

  /** @throws SECRET_NOT_FOUND, CAPABILITY_UNSUPPORTED */
  async delete(name: string, options: SecretWriteOptions = {}): Promise<void> {
    const scope = this.#scopeToWrite(options.scope);
    // An unreadable secret can be deleted too: its values are not looked at.
    if (options.dryRun) {
      const isThere = (await this.list({ ...options, scope })).some((summary) => summary.name === name);
      if (!isThere) throw await this.#notFound(name, { ...options, scope });
      return;
    }
    const wasThere = await this.#perform('delete', options.signal, async () =>
      canBeName(name) ? this.doDelete(name, scope, options) : false,
    );
    if (!wasThere) throw await this.#notFound(name, { ...options, scope });
  }

  /**
   * Seals all secrets of a scope, by default the project's, with another key: a new one, or the one that was given to
   * the store meanwhile. Nothing is lost when this is stopped half-way, or runs beside readers and writers.
   *
   * @throws CAPABILITY_UNSUPPORTED when the backend has no key that can be changed, and why a secret cannot be opened
   */
  async rekey(options: SecretWriteOptions = {}): Promise<RekeyedSecrets> {
    const scope = this.#scopeToWrite(options.scope);
    if (!this.hasCapability('rekey')) throw cannotRekey(this);
    if (options.dryRun) {
      const names = (await this.list({ ...options, scope })).map(({ name }) => name);
      const { size } = await this.getMany(names, { ...options, scope });
      return { scope, secrets: size, key: undefined };
    }
    return { scope, ...(await this.#perform('rekey', options.signal, () => this.doRekey(scope, options))) };
  }

  /** Those of the named secrets that are in the scope, in whatever order. */
  protected abstract doGet(
    names: readonly string[],
    scope: SecretScope,
    options: SecretOptions,
  ): Promise<readonly SecretContent[]>;

  /** All secrets of the scope, in whatever order. Opens no value where the backend can do without. */
  protected abstract doList(scope: SecretScope, options: SecretOptions): Promise<readonly SecretSummary[]>;

  /** Rejects with `alreadyExists` for a name that is taken, also by a writer at the same moment. */
  protected abstract doCreate(
    name: string,
    values: Readonly<Record<string, string>>,
    scope: SecretScope,
    options: SecretOptions,
  ): Promise<SecretSummary>;

  /** `undefined` when there is no such secret. Loses no other change that happens at the same moment. */
  protected abstract doUpdate(
    name: string,
    edit: SecretEdit,
    scope: SecretScope,
    options: SecretOptions,
  ): Promise<SecretSummary | undefined>;

  /** `undefined` when there is no such secret. Rejects with `alreadyExists` for a new name that is taken. */
  protected abstract doRename(
    name: string,
    newName: string,
    scope: SecretScope,
    options: SecretOptions,
  ): Promise<SecretSummary | undefined>;

  /** Whether there was one. */
  protected abstract doDelete(name: string, scope: SecretScope, options: SecretOptions): Promise<boolean>;

  /** For a flavor with the capability `rekey`. */
  protected async doRekey(_scope: SecretScope, _options: SecretOptions): Promise<Omit<RekeyedSecrets, 'scope'>> {
    throw cannotRekey(this);
  }

  /** Which of the keys of a secret a reference means. Default: the one that is written the same. */
  protected findKey(key: string, keys: readonly string[]): string | undefined {
    return keys.find((candidate) => candidate === key);
  }

  /** The code for whatever the backend threw; `undefined` for an error that is not of the backend's making. */
  protected abstract mapError(error: unknown): ErrorCode | undefined;

  protected alreadyExists(name: string, scope: SecretScope, cause?: unknown): StackError {
    return new StackError({
      code: 'ALREADY_EXISTS',
      message: `There is a ${scope} secret "${name}" in the ${this} already.`,
      hint: `Change it: stack secret update ${name} --KEY`,
      cause,
    });
  }

  #scopesToRead(scope: SecretScope | undefined): readonly SecretScope[] {
    const scopes: readonly SecretScope[] = this.hasCapability('personal') ? ['personal', 'project'] : ['project'];
    return scope === undefined ? scopes : scopes.filter((one) => one === scope);
  }

  #scopeToWrite(scope: SecretScope = 'project'): SecretScope {
    if (this.hasCapability('read-only')) throw unsupported(`The ${this} can be read, and not written.`);
    if (scope === 'personal' && !this.hasCapability('personal')) {
      throw unsupported(`The ${this} has no personal secrets.`);
    }
    return scope;
  }

  async #change(
    operation: string,
    name: string,
    scope: SecretScope,
    { signal }: SecretOptions,
    action: () => Promise<SecretSummary | undefined>,
  ): Promise<SecretSummary> {
    const changed = await this.#perform(operation, signal, async () => (canBeName(name) ? action() : undefined));
    if (changed === undefined) throw await this.#notFound(name, { scope, signal });
    return sorted(changed);
  }

  async #perform<Result>(
    operation: string,
    signal: AbortSignal | undefined,
    action: () => Promise<Result>,
  ): Promise<Result> {
    try {
      signal?.throwIfAborted();
      return await action();
    } catch (error) {
      if (StackError.is(error)) throw error;
      if (signal?.aborted) {
        throw new StackError({
          code: 'ABORTED',
          message: `The ${operation} in the ${this} was cancelled.`,
          cause: error,
        });
      }
      const code = this.mapError(error);
      if (code === undefined) throw error;
      const detail = isError(error) ? error.message : String(error);
      throw new StackError({ code, message: `The ${operation} in the ${this} failed: ${detail}`, cause: error });
    }
  }

  async #notFound(name: string, options: SecretOptions): Promise<StackError> {
    // Whoever may read one secret need not be allowed to list all.
    const others = await this.list(options).catch(() => []);
    const names = others.map((summary) => summary.name);
    const scope = options.scope === undefined ? '' : `${options.scope} `;
    return new StackError({
      code: 'SECRET_NOT_FOUND',
      message: `There is no ${scope}secret ${JSON.stringify(name)} in the ${this}.`,
      hint: didYouMean(name, names) ?? 'See what there is: stack secret list',
    });
  }
}

function storedSecret(store: SecretStore, { values, ...summary }: SecretContent): StoredSecret {
  const entries = Object.entries(values).sort(([a], [b]) => compareTexts(a, b));
  const reference = entries.find(([, value]) => isBraced(value));
  if (reference !== undefined) {
    throw new StackError({
      code: 'SECRET_REFERENCE_INVALID',
      message: `The value of {{${summary.name}.${reference[0]}}} in the ${store} is a reference to a secret itself.`,
      hint: 'Put the value in its place.',
    });
  }
  maskAll(values);
  return {
    ...summary,
    keys: entries.map(([key]) => key),
    values: Object.fromEntries(entries.map(([key, value]) => [key, new Secret(value)])),
  };
}

function changedValues(
  name: string,
  current: Readonly<Record<string, string>>,
  { set = {}, remove = [] }: SecretChange,
): Readonly<Record<string, string>> {
  const problems = remove
    .filter((key) => !Object.hasOwn(current, key))
    .map((key) => {
      const hint = didYouMean(key, Object.keys(current));
      return {
        path: `values.${key}`,
        message: `it has no key ${JSON.stringify(key)}`,
        ...(hint === undefined ? {} : { hint }),
      };
    });
  const kept = Object.entries(current).filter(([key]) => !remove.includes(key));
  const changed = { ...Object.fromEntries(kept), ...set };
  refuseSecretProblems(name, [...problems, ...secretProblems(name, changed)]);
  return changed;
}

function sorted(summary: SecretSummary): SecretSummary {
  return { ...summary, keys: summary.keys.toSorted() };
}

function canBeName(name: string): boolean {
  return secretNameProblems(name).length === 0;
}

function cannotRekey(store: SecretStore): StackError {
  return unsupported(`The ${store} has no key that Stack could change.`);
}

function unsupported(message: string): StackError {
  return new StackError({ code: 'CAPABILITY_UNSUPPORTED', message });
}

function maskAll(values: Readonly<Record<string, string>>): void {
  for (const value of Object.values(values)) addMaskedValue(value);
}

/** Names and keys are ASCII, so this is the order of their bytes too. */
function compareTexts(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
