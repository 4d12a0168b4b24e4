import type { SecretScope } from '@stack/core';
import { StackError } from '@stack/core/errors';
import type { ProjectSecretWriteOptions } from '@stack/project';
import type { Invocation } from '../command-line/invocation.ts';

const scopes: readonly SecretScope[] = ['project', 'personal'];

/** The options of the commands for secrets that say where a secret is: `--store`, `--scope`, and `--dry-run`. */
export function secretPlace(invocation: Invocation): ProjectSecretWriteOptions {
  const text = invocation.option('scope');
  const scope = scopes.find((candidate) => candidate === text);
  if (text !== undefined && scope === undefined) {
    throw new StackError({
      code: 'ARGUMENT_INVALID',
      message: `--scope is one of ${scopes.join(', ')}, not ${JSON.stringify(text)}.`,
      hint: 'A personal secret is seen by whoever has your key alone.',
    });
  }
  return { store: invocation.option('store'), scope, dryRun: invocation.dryRun };
}
