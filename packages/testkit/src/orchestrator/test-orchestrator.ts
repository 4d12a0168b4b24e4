import type { Orchestrator } from '@stack/core';
import type { ConformanceOptions } from '../conformance/conformance-suite.ts';
import { registerCases, type TestRunner } from '../conformance/register-cases.ts';
import { type CaseResult, type RunOptions, runCases } from '../conformance/run-cases.ts';
import { orchestratorCases } from './orchestrator-cases.ts';
import type { OrchestratorHooks } from './worker-cases.ts';

/** The name of a case of the suite for orchestrators. */
export type OrchestratorCase = keyof typeof orchestratorCases;

export interface OrchestratorTestOptions
  extends ConformanceOptions<Orchestrator, OrchestratorCase>,
    OrchestratorHooks {}

/**
 * Registers the conformance suite for orchestrators, with the cases about workers where there are settings for these.
 *
 * @throws ARGUMENT_INVALID when `unsupported` names cases that there are not
 */
export function testOrchestrator(options: OrchestratorTestOptions, runner: TestRunner): void {
  registerCases(orchestratorCases, options, runner);
}

/**
 * Runs the same suite without a test runner.
 *
 * @throws ARGUMENT_INVALID when cases are named that there are not
 */
export function checkOrchestrator(
  options: OrchestratorTestOptions,
  run?: RunOptions<OrchestratorCase>,
): Promise<CaseResult<OrchestratorCase>[]> {
  return runCases(orchestratorCases, options, run);
}
