import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ArtifactStore } from '@stack/core';
import type { CaseContext, ConditionalCase } from '../../conformance/conformance-suite.ts';
import type { ArtifactStoreHooks } from '../artifact-store-hooks.ts';

/** What a case of the suite for artifact stores gets. */
export type Context = CaseContext<ArtifactStore>;

/** Why a case is skipped that needs a hook. */
const missingHooks = {
  missingRoot: 'there is no root that it does not make',
  reopen: 'no other component can have its objects',
  network: 'there is no endpoint to put a proxy before',
  denied: 'there are no credentials that are refused',
  worker: 'no other process can have its objects',
  folderOf: 'it has no folder on this disk',
} satisfies Partial<Record<keyof ArtifactStoreHooks, string>>;

type CaseWithHook<Hook extends keyof typeof missingHooks> = (
  context: Context,
  hook: NonNullable<ArtifactStoreHooks[Hook]>,
) => Promise<void>;

/** Cases that need a hook of the options. Without it they are skipped. */
export function casesWithHook<Hook extends keyof typeof missingHooks, Name extends string>(
  hook: Hook,
  cases: Readonly<Record<Name, CaseWithHook<Hook>>>,
): Record<Name, ConditionalCase<ArtifactStore, ArtifactStoreHooks>> {
  return mapCases(cases, (run) => ({
    obstacle: (hooks) => (hooks[hook] === undefined ? missingHooks[hook] : undefined),
    run: async (context) => {
      const present = context.hooks[hook];
      if (present !== undefined) await run(context, present);
    },
  }));
}

/** Cases that take minutes, or gigabytes: they are skipped unless `STACK_TEST_LONG` is set. */
export function longCases<Name extends string>(
  cases: Readonly<Record<Name, (context: Context) => Promise<void>>>,
): Record<Name, ConditionalCase<ArtifactStore>> {
  return mapCases(cases, (run) => ({
    obstacle: () => (process.env.STACK_TEST_LONG ? undefined : 'only with STACK_TEST_LONG=1'),
    run,
  }));
}

/** A folder that is gone after the case. */
export async function temporaryFolder(disposables: AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'stack-conformance-'));
  disposables.defer(() => rm(folder, { recursive: true }));
  return folder;
}

/** What is in a folder, sorted. Below jest, arrays of `node:fs` are of another realm, and thus never equal to one of a test. */
export async function namesIn(folder: string, options: { readonly recursive?: boolean } = {}): Promise<string[]> {
  return [...(await readdir(folder, options))].sort();
}

function mapCases<Name extends string, From, To>(
  cases: Readonly<Record<Name, From>>,
  change: (from: From) => To,
): Record<Name, To> {
  const entries = Object.entries(cases) as [Name, From][];
  return Object.fromEntries(entries.map(([name, from]) => [name, change(from)])) as Record<Name, To>;
}
