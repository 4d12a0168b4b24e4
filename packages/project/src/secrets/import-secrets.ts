import { type Problem, type SecretOptions, type SecretStore, type SecretWriteOptions, StackError } from '@stack/core';
import type { SecretValues } from './secrets-document.ts';

/** What an import does when a name is taken: nothing at all, nothing with this secret, or put it in the place of the other. */
export type SecretConflictRule = 'fail' | 'skip' | 'overwrite';

export const secretConflictRules: readonly SecretConflictRule[] = ['fail', 'skip', 'overwrite'];

/** What became of an imported secret. */
export interface ImportedSecret {
  readonly name: string;
  readonly keys: readonly string[];
  readonly action: 'create' | 'skip' | 'overwrite';
}

interface PlannedSecret extends ImportedSecret {
  readonly write: (options: SecretWriteOptions) => Promise<unknown>;
  /** Makes the secret be as it was before it was written. */
  readonly undo: (options: SecretOptions) => Promise<unknown>;
}

/**
 * Puts secrets into a store: all of them or, where one cannot be, none. What was written before that shows is taken back.
 *
 * @throws ALREADY_EXISTS and ARGUMENT_INVALID with every problem of all secrets
 */
export async function importSecrets(
  store: SecretStore,
  secrets: Readonly<Record<string, SecretValues>>,
  onConflict: SecretConflictRule,
  { dryRun = false, ...options }: SecretWriteOptions,
): Promise<readonly ImportedSecret[]> {
  const inScope: SecretOptions = { ...options, scope: options.scope ?? 'project' };
  const planned = await planImport(store, secrets, onConflict, inScope);
  await checkAll(planned, inScope);
  if (!dryRun) await writeAll(planned, inScope);
  return planned.map(({ name, keys, action }) => ({ name, keys, action }));
}

async function planImport(
  store: SecretStore,
  secrets: Readonly<Record<string, SecretValues>>,
  onConflict: SecretConflictRule,
  options: SecretOptions,
): Promise<readonly PlannedSecret[]> {
  const names = Object.keys(secrets);
  const there = new Set((await store.list(options)).map(({ name }) => name));
  const taken = names.filter((name) => there.has(name));
  if (onConflict === 'fail' && taken.length > 0) throw namesTaken(store, taken);
  const before = onConflict === 'overwrite' ? await store.getMany(taken, options) : undefined;
  return Object.entries(secrets).map(([name, values]): PlannedSecret => {
    const shown = { name, keys: Object.keys(values).toSorted() };
    const replaced = before?.get(name);
    if (replaced !== undefined) {
      const old = Object.fromEntries(Object.entries(replaced.values).map(([key, secret]) => [key, secret.reveal()]));
      return {
        ...shown,
        action: 'overwrite',
        write: (how) => store.update(name, replacement(old, values), how),
        undo: (how) => store.update(name, replacement(values, old), how),
      };
    }
    if (there.has(name)) return { ...shown, action: 'skip', write: async () => {}, undo: async () => {} };
    return {
      ...shown,
      action: 'create',
      write: (how) => store.create(name, values, how),
      undo: (how) => store.delete(name, how),
    };
  });
}

function replacement(before: SecretValues, after: SecretValues) {
  return { set: after, remove: Object.keys(before).filter((key) => !Object.hasOwn(after, key)) };
}

async function checkAll(planned: readonly PlannedSecret[], options: SecretOptions): Promise<void> {
  const problems: Problem[] = [];
  for (const { name, write } of planned) {
    try {
      await write({ ...options, dryRun: true });
    } catch (error) {
      if (!StackError.is(error, 'ARGUMENT_INVALID') || error.problems.length === 0) throw error;
      const at = (path: string) => [name, path.replace(/^values\./, '')].filter((part) => part !== '').join('.');
      problems.push(...error.problems.map((problem) => ({ ...problem, path: at(problem.path) })));
    }
  }
  if (problems.length === 0) return;
  throw new StackError({
    code: 'ARGUMENT_INVALID',
    message: `Nothing was imported: ${problems.map(({ path, message }) => `${path}: ${message}`).join('; ')}.`,
    hint: problems.find(({ hint }) => hint !== undefined)?.hint,
    problems,
  });
}

async function writeAll(planned: readonly PlannedSecret[], options: SecretOptions): Promise<void> {
  const written: PlannedSecret[] = [];
  for (const secret of planned) {
    try {
      await secret.write(options);
      written.push(secret);
    } catch (error) {
      // What is taken back has nothing to do with why the caller may have cancelled.
      const { signal: _, ...undoing } = options;
      const undone = await Promise.allSettled(written.map(({ undo }) => undo(undoing)));
      const left = written.filter((_, index) => undone[index]?.status === 'rejected').map(({ name }) => name);
      if (left.length === 0 || !StackError.is(error)) throw error;
      const { code, message, hint } = error;
      throw new StackError({
        code,
        message: `${message}\nImported before that: ${left.join(', ')}.`,
        hint,
        cause: error,
      });
    }
  }
}

function namesTaken(store: SecretStore, names: readonly string[]): StackError {
  return new StackError({
    code: 'ALREADY_EXISTS',
    message: `Nothing was imported: in the ${store} there are secrets already of the names ${names.join(', ')}.`,
    hint: 'Leave those out with --on-conflict=skip, or put the new ones in their place with --on-conflict=overwrite.',
    problems: names.map((path) => ({
      path,
      code: 'ALREADY_EXISTS',
      message: 'there is a secret of this name already',
    })),
  });
}
