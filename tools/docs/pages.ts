import { commandReference } from './command-reference.ts';
import { errorReference } from './error-reference.ts';

/** The pages that are generated from the code, by their paths from the root of the repository. */
export function generatedPages(): Readonly<Record<string, string>> {
  return { 'docs/commands.md': commandReference(), 'docs/errors.md': errorReference() };
}
