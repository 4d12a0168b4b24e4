import {
  type ComponentContext,
  type ErrorCode,
  Secret,
  type SecretContent,
  type SecretEdit,
  type SecretScope,
  SecretStore,
  type SecretSummary,
} from '@stack/core';
import type { MemorySecretStoreConfig } from './config.ts';

type Values = Readonly<Record<string, string>>;

interface KeptSecret {
  readonly name: string;
  readonly scope: SecretScope;
  /** As secrets, so that whoever prints the map sees none. */
  readonly values: Readonly<Record<string, Secret>>;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Keeps secrets in a map, by scope and name: the one of the override `memory`, else one of its own. */
export default class MemorySecretStore extends SecretStore<MemorySecretStoreConfig> {
  readonly #memory: Map<string, KeptSecret>;

  constructor(context: ComponentContext<MemorySecretStoreConfig>) {
    super(context);
    this.#memory = this.overrides.memory instanceof Map ? this.overrides.memory : new Map();
  }

  protected override async doGet(names: readonly string[], scope: SecretScope): Promise<readonly SecretContent[]> {
    return names.flatMap((name) => {
      const kept = this.#memory.get(place(name, scope));
      return kept === undefined ? [] : [{ ...kept, values: revealed(kept.values) }];
    });
  }

  protected override async doList(scope: SecretScope): Promise<readonly SecretSummary[]> {
    return [...this.#memory.values()].filter((kept) => kept.scope === scope).map(summary);
  }

  protected override async doCreate(name: string, values: Values, scope: SecretScope): Promise<SecretSummary> {
    if (this.#memory.has(place(name, scope))) throw this.alreadyExists(name, scope);
    const now = new Date();
    return this.#keep({ name, scope, values: hidden(values), createdAt: now, updatedAt: now });
  }

  protected override async doUpdate(
    name: string,
    edit: SecretEdit,
    scope: SecretScope,
  ): Promise<SecretSummary | undefined> {
    const kept = this.#memory.get(place(name, scope));
    return kept && this.#keep({ ...kept, values: hidden(edit(revealed(kept.values))), updatedAt: new Date() });
  }

  protected override async doRename(
    name: string,
    newName: string,
    scope: SecretScope,
  ): Promise<SecretSummary | undefined> {
    const kept = this.#memory.get(place(name, scope));
    if (kept === undefined) return undefined;
    if (this.#memory.has(place(newName, scope))) throw this.alreadyExists(newName, scope);
    this.#memory.delete(place(name, scope));
    return this.#keep({ ...kept, name: newName, updatedAt: new Date() });
  }

  protected override async doDelete(name: string, scope: SecretScope): Promise<boolean> {
    return this.#memory.delete(place(name, scope));
  }

  /** Every error here is a `StackError` already, or the caller's own. */
  protected override mapError(_error: unknown): ErrorCode | undefined {
    return undefined;
  }

  #keep(kept: KeptSecret): SecretSummary {
    this.#memory.set(place(kept.name, kept.scope), kept);
    return summary(kept);
  }
}

function place(name: string, scope: SecretScope): string {
  return `${scope}/${name}`;
}

function summary({ values, ...kept }: KeptSecret): SecretSummary {
  return { ...kept, keys: Object.keys(values) };
}

function hidden(values: Values): KeptSecret['values'] {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, new Secret(value)]));
}

function revealed(values: KeptSecret['values']): Values {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, value.reveal()]));
}
