import type { Orchestrator, Plan, StepExecutor } from '@stack/core';

interface PlanOptions {
  readonly signal?: AbortSignal;
  /** The steps that are mapped over a list. */
  readonly mapped?: readonly string[];
  /** Those of the orchestrator for the run and each step. Default: those of the component. */
  readonly settings?: object;
  readonly checkAddressable?: () => void;
}

/** Lets an orchestrator run a plan of steps that are given by what they depend on. */
export function runPlan(
  orchestrator: Orchestrator,
  executor: StepExecutor,
  upstreams: Readonly<Record<string, readonly string[]>>,
  {
    signal = new AbortController().signal,
    mapped = [],
    settings = orchestrator.settings,
    checkAddressable = () => {},
  }: PlanOptions = {},
): Promise<void> {
  const plan: Plan = {
    planVersion: 1,
    pipeline: 'conformance',
    source: { module: import.meta.url, export: 'none' },
    parameters: {},
    steps: Object.entries(upstreams).map(([name, upstream]) => ({
      name,
      upstream,
      inputs: {},
      outputs: ['output'],
      attempts: 1,
      ...(mapped.includes(name) ? { map: { kind: 'value', value: [] } as const } : {}),
    })),
  };
  return orchestrator.runPlan(plan, {
    runId: 'conformance',
    executor,
    signal,
    settings,
    stepSettings: () => settings,
    checkAddressable,
  });
}
