import { StackError } from '@stack/core/errors';
import { schemaVersion } from './schema-version.ts';

/** @param label what the store is called in messages */
export function storeTooNew(label: string, version: number): StackError {
  return new StackError({
    code: 'STORE_TOO_NEW',
    message: `The metadata store ${label} has version ${version}; this version of Stack knows up to ${schemaVersion}.`,
    hint: 'Update Stack: npm install @stack/cli@latest @stack/core@latest',
  });
}
