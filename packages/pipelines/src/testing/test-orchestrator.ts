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
    const ended = new Map<string, Promise<StepOutcome>>();
    for (const { name, upstream } of plan.steps) {
      const run = async (): Promise<StepOutcome> => {
        await Promise.all(upstream.map(async (step) => ended.get(step)));
        const items = await executor.expand(name, { signal });
        await Promise.all(items.map((item) => executor.execute(item, { signal })));
        return executor.execute(name, { signal });
      };
      ended.set(name, run());
    }
    await Promise.all(ended.values());
  }
}
