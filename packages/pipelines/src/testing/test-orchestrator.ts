import { Orchestrator, type Plan, type RunContext, type StepOutcome } from '@stack/core';

/** An orchestrator for tests of this package: starts each step when those before it have ended. */
export class TestOrchestrator extends Orchestrator {
  constructor() {
    super({
      id: 'test',
      name: 'test',
      type: 'orchestrator',
      flavor: 'test',
      config: {},
      settings: {},
      labels: {},
      baseDirectory: '/',
      overrides: {},
    });
  }

  override async runPlan(plan: Plan, { executor, signal }: RunContext): Promise<void> {
    const outcomes = new Map<string, Promise<StepOutcome | 'skipped'>>();
    for (const step of plan.steps) {
      const run = async (): Promise<StepOutcome | 'skipped'> => {
        const upstream = await Promise.all(step.upstream.map(async (name) => outcomes.get(name)));
        const missing = step.upstream.find((_name, index) => upstream[index] !== 'completed');
        if (missing === undefined && !signal.aborted) return executor.execute(step.name, { signal });
        await executor.skip(
          step.name,
          signal.aborted ? 'the run was cancelled' : `the step "${missing}" did not complete`,
        );
        return 'skipped';
      };
      outcomes.set(step.name, run());
    }
    await Promise.all(outcomes.values());
  }
}
