import { createComponent, defineFlavor, Orchestrator, type Plan, type RunContext } from '@stack/core';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { checkOrchestrator, type OrchestratorCase } from './test-orchestrator.ts';

/** Right but for parallelism: one step after the other. */
class InOrder extends Orchestrator {
  override async runPlan({ steps }: Plan, { executor, signal }: RunContext): Promise<void> {
    const completed = new Set<string>();
    for (const { name, upstream } of steps) {
      const blocker = upstream.find((step) => !completed.has(step));
      if (signal.aborted) await executor.skip(name, 'the run was cancelled');
      else if (blocker !== undefined) await executor.skip(name, `${blocker} did not complete`);
      else if ((await executor.execute(name, { signal })) === 'completed') completed.add(name);
    }
  }
}

class AllAtOnce extends Orchestrator {
  override async runPlan({ steps }: Plan, { executor, signal }: RunContext): Promise<void> {
    await Promise.all(steps.map(({ name }) => executor.execute(name, { signal })));
  }
}

class IgnoresFailures extends Orchestrator {
  override async runPlan({ steps }: Plan, { executor, signal }: RunContext): Promise<void> {
    for (const { name } of steps) await executor.execute(name, { signal });
  }
}

class ExecutesTwice extends InOrder {
  override async runPlan(plan: Plan, context: RunContext): Promise<void> {
    await super.runPlan(plan, context);
    await super.runPlan(plan, context);
  }
}

class DoesNotWait extends InOrder {
  override async runPlan(plan: Plan, context: RunContext): Promise<void> {
    void super.runPlan(plan, context);
  }
}

class HasASignalOfItsOwn extends InOrder {
  override async runPlan(plan: Plan, context: RunContext): Promise<void> {
    await super.runPlan(plan, { ...context, signal: new AbortController().signal });
  }
}

function optionsFor(Implementation: typeof InOrder | typeof AllAtOnce) {
  const flavor = defineFlavor({
    type: 'orchestrator',
    name: 'broken',
    configSchema: z.object({}),
    implementation: async () => ({ default: Implementation }),
  });
  return { name: 'broken', create: () => createComponent(flavor, { name: 'broken', config: {} }) };
}

const convictions: readonly (readonly [string, typeof InOrder | typeof AllAtOnce, OrchestratorCase])[] = [
  ['runs one step after the other', InOrder, 'steps that do not depend on each other run at once'],
  ['runs all at once', AllAtOnce, 'a step runs after those it depends on'],
  ['ignores failures', IgnoresFailures, 'a step whose upstream failed is skipped with a reason that names it'],
  ['executes twice', ExecutesTwice, 'each step is executed once'],
  ['does not wait', DoesNotWait, 'the run ends when its last step has ended'],
  [
    'does not look at the signal',
    HasASignalOfItsOwn,
    'the steps that have not started when the run is cancelled are skipped',
  ],
];

describe('the suite convicts an orchestrator that', () => {
  it.each(convictions)('%s', async (_, implementation, convictedBy) => {
    const [result] = await checkOrchestrator(optionsFor(implementation), { cases: [convictedBy] });
    expect(result).toMatchObject({ name: convictedBy, outcome: 'failed' });
  });
});

it('an orchestrator without parallelism passes when it says so', async () => {
  const unsupported = { 'steps that do not depend on each other run at once': 'it runs one step after the other' };
  const results = await checkOrchestrator({ ...optionsFor(InOrder), unsupported });
  const outcomes = Map.groupBy(results, ({ outcome }) => outcome);
  expect([...outcomes.keys()].sort()).toEqual(['passed', 'unsupported']);
  expect(outcomes.get('unsupported')).toHaveLength(1);
});
