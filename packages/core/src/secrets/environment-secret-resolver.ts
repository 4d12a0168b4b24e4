import type { SecretReference } from './secret-reference.ts';
import type { SecretResolver } from './secret-resolver.ts';

/**
 * Reads secrets from environment variables: `{{db.password}}` is `STACK_SECRET_DB__PASSWORD`. Characters that a
 * variable name cannot have become `_`.
 */
export function createEnvironmentSecretResolver(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): SecretResolver {
  return {
    resolve: async (references) => references.map((reference) => environment[secretVariable(reference)]),
    describeMissing: (reference) => `Set the environment variable ${secretVariable(reference)}.`,
  };
}

/** The environment variable that a reference means: `STACK_SECRET_DB__PASSWORD` for `{{db.password}}`. */
export function secretVariable({ name, key }: SecretReference): string {
  return `STACK_SECRET_${[name, key].map((part) => part.toUpperCase().replaceAll(/[^A-Z0-9_]/g, '_')).join('__')}`;
}
