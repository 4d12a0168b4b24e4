import type { SecretStore } from '@stack/core';
import type { ConformanceOptions } from '../conformance/conformance-suite.ts';
import { registerCases, type TestRunner } from '../conformance/register-cases.ts';
import { type CaseResult, type RunOptions, runCases } from '../conformance/run-cases.ts';
import { optionalCases, type SecretStoreHooks, secretStoreCases } from './secret-store-cases.ts';

/** The name of a case of the suite for secret stores. */
export type SecretStoreCase = keyof typeof secretStoreCases;

export interface SecretStoreTestOptions extends ConformanceOptions<SecretStore, SecretStoreCase>, SecretStoreHooks {}

/**
 * Registers the conformance suite for secret stores: one test for each rule of the contract, each on a new store.
 *
 * @throws ARGUMENT_INVALID when `unsupported` names cases that there are not
 */
export function testSecretStore(options: SecretStoreTestOptions, runner: TestRunner): void {
  registerCases(secretStoreCases, options, runner);
}

/**
 * Runs the same suite without a test runner.
 *
 * @throws ARGUMENT_INVALID when cases are named that there are not
 */
export function checkSecretStore(
  options: SecretStoreTestOptions,
  run?: RunOptions<SecretStoreCase>,
): Promise<CaseResult<SecretStoreCase>[]> {
  return runCases(secretStoreCases, options, run);
}

/**
 * All cases about what a secret store lacks, for `unsupported`: each kind with the reason, such as
 * `{ writes: 'variables are set by whoever starts the process' }`.
 */
export function secretStoreGaps(
  reasons: Readonly<Partial<Record<keyof typeof optionalCases, string>>>,
): Partial<Record<SecretStoreCase, string>> {
  const kinds = Object.entries(reasons) as [keyof typeof optionalCases, string][];
  return Object.fromEntries(
    kinds.flatMap(([kind, reason]) => Object.keys(optionalCases[kind]).map((name) => [name, reason])),
  );
}
