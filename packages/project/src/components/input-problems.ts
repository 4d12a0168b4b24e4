import { type AnyFlavor, checkConfig, formatSecretReference, type Problem, type StoredInput } from '@stack/core';
import { optionName } from '@stack/core/manifest';
import { componentSecretName, fieldSecretKey } from '@stack/core/secrets';
import { findPlainSecrets, inputSchemas, type PlainSecret } from './plain-secrets.ts';

/** Whose input is checked, and how it came. */
export interface InputOwner {
  readonly type: string;
  /** Name of the component. */
  readonly name: string;
  /** Whether texts in secret fields are made a secret before anything is stored. Default `false`. */
  readonly allowPlainSecret?: boolean | undefined;
  /** Whether it is of a document, in which fields have no options. Default `false`. */
  readonly isDocument?: boolean | undefined;
}

/** Everything that keeps a flavor from storing this config and these settings. */
export function inputProblems(flavor: AnyFlavor, input: StoredInput, owner: InputOwner): readonly Problem[] {
  const { configSchema, settingsSchema } = flavor;
  const problems = [...checkConfig(configSchema, input.config), ...checkConfig(settingsSchema, input.settings)];
  if (owner.allowPlainSecret) return problems;
  return [...problems, ...plainSecretProblems(findPlainSecrets(inputSchemas(flavor), input), owner)];
}

/** The store keeps references alone: what it keeps is in backups, and on the screens of a team. */
export function plainSecretProblems(plain: readonly PlainSecret[], owner: InputOwner): Problem[] {
  return plain.map(({ path }, index) => ({
    path: path.join('.'),
    message: 'is a secret, and is not stored in clear',
    // One secret holds all of them.
    ...(index === 0 ? { hint: howToKeep(plain, owner) } : {}),
  }));
}

function howToKeep(plain: readonly PlainSecret[], owner: InputOwner): string {
  const name = componentSecretName(owner);
  const values = plain.map(({ path }) => `--${fieldSecretKey(path)}=VALUE`);
  const references = plain.map(({ path }) => {
    const reference = `'${formatSecretReference({ name, key: fieldSecretKey(path) })}'`;
    const field = path.join('.');
    return owner.isDocument ? `${field}: ${reference}` : `${optionName(field)}=${reference}`;
  });
  const create = `stack secret create ${name} ${values.join(' ')}`;
  return `Make a secret of it: ${create}, and then give ${references.join(' ')} instead. Or have both done by --allow-plain-secret.`;
}
