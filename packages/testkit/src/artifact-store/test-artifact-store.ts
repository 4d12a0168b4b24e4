import type { ArtifactStore } from '@stack/core';
import {
  type CaseResult,
  type ConformanceOptions,
  registerCases,
  runCases,
  type TestRunner,
} from '../conformance/conformance-suite.ts';
import { artifactStoreCases } from './artifact-store-cases.ts';

/** The name of a case of the suite for artifact stores. */
export type ArtifactStoreCase = keyof typeof artifactStoreCases;

export type ArtifactStoreTestOptions = ConformanceOptions<ArtifactStore, ArtifactStoreCase>;

/**
 * Registers the conformance suite for artifact stores: one test for each rule of the contract, each on a new store.
 *
 * @throws ARGUMENT_INVALID when `unsupported` names a case that there is not
 */
export function testArtifactStore(options: ArtifactStoreTestOptions, runner: TestRunner): void {
  registerCases(artifactStoreCases, options, runner);
}

/** Runs the same suite without a test runner. */
export function checkArtifactStore(
  options: ArtifactStoreTestOptions,
  cases?: readonly ArtifactStoreCase[],
): Promise<CaseResult<ArtifactStoreCase>[]> {
  return runCases(artifactStoreCases, options, cases);
}
