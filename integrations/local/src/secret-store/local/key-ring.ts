import { randomUUID } from 'node:crypto';
import { type NewSealedSecret, type SealedSecret, type SecretEdit, type SecretScope, StackError } from '@stack/core';
import type { SecretKey } from './secret-key.ts';

type Values = Readonly<Record<string, string>>;
type Place = Omit<NewSealedSecret, 'values'>;

const sealedPattern = /^v1\.([0-9a-f]+)\.([A-Za-z0-9_-]+)$/;

export interface KeyRingOptions {
  /** What the secret store is called in messages. */
  readonly store: string;
  /** Where the keys are from, in messages. */
  readonly source: string;
  /** The first one seals, all of them open. */
  readonly keys: readonly SecretKey[];
  /** Whose the personal secrets are that the keys open. */
  readonly owner?: string;
  /** Why there are keys that cannot be used: thrown once one is needed. */
  readonly failure?: StackError;
}

/** The keys of a scope as they are at one moment. */
export class KeyRing {
  readonly keys: readonly SecretKey[];
  readonly #options: KeyRingOptions;

  constructor(options: KeyRingOptions) {
    this.keys = options.keys;
    this.#options = options;
  }

  /** With the keys of another behind its own. */
  before(other: KeyRing): KeyRing {
    return new KeyRing({ ...this.#options, keys: [...this.keys, ...other.keys] });
  }

  /** Whether the other has the same keys, in the same order. */
  equals(other: KeyRing): boolean {
    return this.#ids() === other.#ids();
  }

  /** Whose the personal secrets are; `undefined` as long as there is no key. @throws SECRET_KEY_INVALID */
  get owner(): string | undefined {
    return this.isEmpty() ? undefined : this.#options.owner;
  }

  /** @throws SECRET_KEY_INVALID */
  isEmpty(): boolean {
    if (this.#options.failure !== undefined) throw this.#options.failure;
    return this.keys.length === 0;
  }

  /** @throws SECRET_KEY_INVALID, SECRET_KEY_MISSING */
  first(): SecretKey {
    const [key] = this.isEmpty() ? [] : this.keys;
    if (key !== undefined) return key;
    const { store, source } = this.#options;
    throw new StackError({
      code: 'SECRET_KEY_MISSING',
      message: `The ${store} has no key: ${source} is not there.`,
    });
  }

  seal(place: Place, values: Values): Values {
    const key = this.first();
    return mapValues(values, (value, name) => `v1.${key.id}.${key.seal(value, context(place, name))}`);
  }

  /** @throws SECRET_KEY_INVALID, SECRET_KEY_MISSING, SECRET_KEY_WRONG, SECRET_DAMAGED */
  open(secret: SealedSecret): Values {
    return mapValues(secret.values, (sealed, name) => this.#openValue(secret, name, sealed));
  }

  /** Changes the values of a secret. One that is damaged can be replaced or removed, and cannot stay. */
  edit(secret: SealedSecret, edit: SecretEdit): Values {
    const damage = new Map<string, StackError>();
    const current = mapValues(secret.values, (sealed, name) => {
      try {
        return this.#openValue(secret, name, sealed);
      } catch (error) {
        if (!StackError.is(error, 'SECRET_DAMAGED')) throw error;
        const placeholder = randomUUID();
        damage.set(placeholder, error);
        return placeholder;
      }
    });
    const edited = edit(current);
    for (const value of Object.values(edited)) {
      const error = damage.get(value);
      if (error !== undefined) throw error;
    }
    return edited;
  }

  #openValue(secret: SealedSecret, name: string, sealed: string): string {
    const [, keyId, body = ''] = sealedPattern.exec(sealed) ?? [];
    if (keyId === undefined) throw this.#damaged(secret, name);
    if (this.isEmpty()) throw this.#missing(secret, keyId);
    const key = this.keys.find(({ id }) => id === keyId);
    const value = key?.open(body, context(secret, name));
    if (value !== undefined) return value;
    // One that opens with another key than it names was changed at that place.
    const isOurs = this.keys.some((other) => other === key || other.open(body, context(secret, name)) !== undefined);
    throw isOurs ? this.#damaged(secret, name) : this.#wrong(secret, keyId);
  }

  #missing({ scope, name }: SealedSecret, keyId: string): StackError {
    const { store, source } = this.#options;
    return new StackError({
      code: 'SECRET_KEY_MISSING',
      message: `The ${scope} secret "${name}" in the ${store} is sealed with the key ${keyId}, and ${source} is not there.`,
      hint: `Put the file back, or give its key as STACK_SECRETS_KEY. Without the key the value is lost: stack secret delete ${name}`,
    });
  }

  #wrong({ scope, name }: SealedSecret, keyId: string): StackError {
    const { store, source } = this.#options;
    return new StackError({
      code: 'SECRET_KEY_WRONG',
      message: `The ${scope} secret "${name}" in the ${store} is sealed with the key ${keyId}; ${source} has ${this.#ids()}.`,
      hint: `Add the key ${keyId} behind the first one. Then this seals all anew with the first: stack secret rekey${option(scope)}`,
    });
  }

  #damaged({ scope, name }: SealedSecret, key: string): StackError {
    return new StackError({
      code: 'SECRET_DAMAGED',
      message: `The value of {{${name}.${key}}} in the ${this.#options.store} is damaged: what the metadata store holds was not sealed for it.`,
      hint: `Restore the metadata store from a backup, or give the value anew: stack secret update ${name} --${key}${option(scope)}`,
    });
  }

  #ids(): string {
    return this.keys.map(({ id }) => id).join(', ');
  }
}

/** Where a value belongs: it opens nowhere else. */
function context({ id, store, scope, owner, name }: Place, key: string): readonly string[] {
  return [id, store, scope, owner, name, key];
}

/** What a command needs for secrets of a scope. */
function option(scope: SecretScope): string {
  return scope === 'project' ? '' : ` --scope ${scope}`;
}

function mapValues(values: Values, change: (value: string, key: string) => string): Values {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value, key)]));
}
