import type { ArtifactStore } from '@stack/core';
import type { ConformanceOptions } from '../conformance/conformance-suite.ts';
import { registerCases, type TestRunner } from '../conformance/register-cases.ts';
import { type CaseResult, type RunOptions, runCases } from '../conformance/run-cases.ts';
import { type ArtifactStoreCase, artifactStoreCases, optionalCases } from './artifact-store-cases.ts';
import type { ArtifactStoreHooks } from './artifact-store-hooks.ts';

export type ArtifactStoreTestOptions = ConformanceOptions<ArtifactStore, ArtifactStoreCase> & ArtifactStoreHooks;

/**
 * Registers the conformance suite for artifact stores: one test for each rule of the contract, each on a new store.
 *
 * @throws ARGUMENT_INVALID when `unsupported` names cases that there are not
 */
export function testArtifactStore(options: ArtifactStoreTestOptions, runner: TestRunner): void {
  registerCases(artifactStoreCases, options, runner);
}

/**
 * Runs the same suite without a test runner.
 *
 * @throws ARGUMENT_INVALID when cases are named that there are not
 */
export function checkArtifactStore(
  options: ArtifactStoreTestOptions,
  run?: RunOptions<ArtifactStoreCase>,
): Promise<CaseResult<ArtifactStoreCase>[]> {
  return runCases(artifactStoreCases, options, run);
}

/**
 * All cases about what an artifact store lacks, for `unsupported`: each kind with the reason, such as
 * `{ signedUrl: 'a folder has no address' }`.
 */
export function artifactStoreGaps(
  reasons: Readonly<Partial<Record<keyof typeof optionalCases, string>>>,
): Partial<Record<ArtifactStoreCase, string>> {
  const kinds = Object.entries(reasons) as [keyof typeof optionalCases, string][];
  return Object.fromEntries(
    kinds.flatMap(([kind, reason]) => Object.keys(optionalCases[kind]).map((name) => [name, reason])),
  );
}
