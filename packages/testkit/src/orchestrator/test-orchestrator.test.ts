import { createComponent, defineFlavor, Orchestrator, type Plan, type RunContext } from '@stack/core';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { checkOrchestrator, type OrchestratorCase } from './test-orchestrator.ts';

/** Right but for parallelism: one step after the other. */
class InOrder extends Orchestrator {
  override async runPlan({ steps }: Plan, { executor, signal }: RunContext): Promise<void> {
    for (const { name } of steps) {
      for (const item of await executor.expand(name, { signal })) await executor.execute(item, { signal });
      await executor.execute(name, { signal });
    }
  }
}

class AllAtOnce extends Orchestrator {
  override async runPlan({ steps }: Plan, { executor, signal }: RunContext): Promise<void> {
    await Promise.all(steps.map(({ name }) => executor.execute(name, { signal })));
  }
}

class StopsAtFailures extends Orchestrator {
  override async runPlan({ steps }: Plan, { executor, signal }: RunContext): Promise<void> {
    for (const { name } of steps) if ((await executor.execute(name, { signal })) === 'failed') return;
  }
}

class StopsWhenCancelled extends Orchestrator {
  override async runPlan({ steps }: Plan, { executor, signal }: RunContext): Promise<void> {
    for (const { name } of steps) if (!signal.aborted) await executor.execute(name, { signal });
  }
}

class ForgetsItems extends Orchestrator {
  override async runPlan({ steps }: Plan, { executor, signal }: RunContext): Promise<void> {
    for (const { name } of steps) await executor.execute(name, { signal });
  }
}

class StopsAtFailedItems extends Orchestrator {
  override async runPlan({ steps }: Plan, { executor, signal }: RunContext): Promise<void> {
    for (const { name } of steps) {
      for (const item of await executor.expand(name, { signal })) {
        if ((await executor.execute(item, { signal })) === 'failed') return;
      }
      await executor.execute(name, { signal });
    }
  }
}

class LeavesEmptyListsOut extends Orchestrator {
  override async runPlan({ steps }: Plan, { executor, signal }: RunContext): Promise<void> {
    for (const { name, map } of steps) {
      const items = await executor.expand(name, { signal });
      for (const item of items) await executor.execute(item, { signal });
      if (map === undefined || items.length > 0) await executor.execute(name, { signal });
    }
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
  ['stops at failures', StopsAtFailures, 'a step is executed when all its upstream has ended, however it ended'],
  ['forgets items', ForgetsItems, 'a mapped step is executed after its items, which are executed once each'],
  ['stops at items that fail', StopsAtFailedItems, 'a mapped step is executed after items that failed'],
  ['leaves empty lists out', LeavesEmptyListsOut, 'a mapped step without items is executed'],
  ['executes twice', ExecutesTwice, 'each step is executed once'],
  ['does not wait', DoesNotWait, 'the run ends when its last step has ended'],
  [
    'leaves steps out when the run is cancelled',
    StopsWhenCancelled,
    'after the run is cancelled the other steps are executed too, which skips them',
  ],
  ['does not hand the signal on', HasASignalOfItsOwn, 'the signal of the run reaches the steps'],
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
