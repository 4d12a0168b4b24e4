import type { SecretReference, SecretStore, SecretSummary } from '@stack/core';

/** A secret and the store that has it. */
export interface LocatedSecret {
  readonly secret: SecretSummary;
  readonly store: SecretStore;
}

/** Options of `stack secret create` and `update`: keys of these names are given by `--set`. */
const ownOptions: ReadonlySet<string> = new Set([
  'dry-run',
  'force',
  'help',
  'json',
  'prompt',
  'remove',
  'scope',
  'set',
  'store',
  'values',
]);

/** How a value is given to `stack secret create`: `--password=VALUE`. */
export function valueOption(key: string): string {
  return ownOptions.has(key) ? `--set ${key}=VALUE` : `--${key}=VALUE`;
}

/**
 * What gives a reference a value, as a command.
 *
 * @param located the secret, where it is there without the key
 */
export function describeMissing({ name, key }: SecretReference, located?: LocatedSecret): string {
  if (located === undefined) return `Create it: stack secret create ${name} ${valueOption(key)}`;
  const { secret, store } = located;
  if (store.hasCapability('read-only')) {
    return `The ${store} has the secret "${name}" without this key, and takes no writes: add the key there.`;
  }
  const scope = secret.scope === 'personal' ? ' --scope personal' : '';
  return `Add the key: stack secret update ${name} ${valueOption(key)} --store ${store.name}${scope}`;
}
