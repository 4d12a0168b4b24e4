import type { Orchestrator } from '@stack/core';
import {
  type CaseResult,
  type ConformanceOptions,
  registerCases,
  runCases,
  type TestRunner,
} from '../conformance/conformance-suite.ts';
import { orchestratorCases } from './orchestrator-cases.ts';

/** The name of a case of the suite for orchestrators. */
export type OrchestratorCase = keyof typeof orchestratorCases;

export type OrchestratorTestOptions = ConformanceOptions<Orchestrator, OrchestratorCase>;

/**
 * Registers the conformance suite for orchestrators that run steps in this process.
 *
 * @throws ARGUMENT_INVALID when `unsupported` names a case that there is not
 */
export function testOrchestrator(options: OrchestratorTestOptions, runner: TestRunner): void {
  registerCases(orchestratorCases, options, runner);
}

/** Runs the same suite without a test runner. */
export function checkOrchestrator(
  options: OrchestratorTestOptions,
  cases?: readonly OrchestratorCase[],
): Promise<CaseResult<OrchestratorCase>[]> {
  return runCases(orchestratorCases, options, cases);
}
