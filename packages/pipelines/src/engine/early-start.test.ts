import type { Plan, RunContext, RunFence, StepChange } from '@stack/core';
import { describe, expect, it } from 'vitest';
import { pipeline } from '../pipeline/pipeline.ts';
import { step } from '../step/step.ts';
import { TestOrchestrator } from '../testing/test-orchestrator.ts';
import { createTestStack } from '../testing/test-stack.ts';
import { MemoryRunStore } from './memory-run-store.ts';

/** One step after the other, in the order of the plan, each said to come after the one before it. */
class Announcing extends TestOrchestrator {
  override async runPlan({ steps }: Plan, { executor, signal }: RunContext): Promise<void> {
    for (const [index, { name }] of steps.entries()) {
      await executor.execute(name, { signal, next: () => steps[index + 1]?.name });
    }
  }
}

/** Writes down the states that are recorded, those of one change together. */
class WritesDown extends MemoryRunStore {
  readonly changes: string[] = [];

  override async recordStep(fence: RunFence, name: string, change: StepChange) {
    const recorded = await super.recordStep(fence, name, change);
    const next = 'next' in change && change.next !== undefined ? `, ${change.next.step} running` : '';
    this.changes.push(`${name} ${change.state}${next}`);
    return recorded;
  }
}

const double = step({ name: 'double', version: '1' }, ({ value }: { value: number }) => value * 2);

async function createRun() {
  const { stack } = await createTestStack(new Announcing());
  return { stack, runStore: new WritesDown(), onEvent: () => {} };
}

describe('the start of a step that comes next', () => {
  it('is recorded with the end of the one before it, and the step runs once', async () => {
    const options = await createRun();
    const chain = pipeline({ name: 'chain' }, () => double({ value: double({ value: double({ value: 1 }) }) }));
    const run = await chain.run({}, options);
    expect(await run.result()).toBe(8);
    expect(options.runStore.changes).toEqual([
      'double running',
      'double completed, double-2 running',
      'double-2 completed, double-3 running',
      'double-3 completed',
    ]);
    expect(run.steps).toMatchObject([{ attempt: 1 }, { attempt: 1 }, { attempt: 1 }]);
  });

  it('is recorded by itself where it is not known yet whether the step runs', async () => {
    const options = await createRun();
    const isLarge = step({ name: 'is-large', version: '1' }, ({ value }: { value: number }) => value > 1);
    const keyed = step(
      { name: 'keyed', version: '1', cache: { key: () => 'same' } },
      ({ value }: { value: number }) => value,
    );
    const conditional = pipeline({ name: 'conditional' }, () => {
      const first = double({ value: 1 });
      const seen = keyed({ value: first });
      return double({ value: seen }, { when: isLarge({ value: seen }) });
    });
    await conditional.run({}, options);
    await conditional.run({}, options);
    expect(options.runStore.changes).toEqual([
      'double running',
      'double completed',
      'keyed running',
      'keyed completed, is-large running',
      'is-large completed',
      'double-2 running',
      'double-2 completed',
      'double completed',
      'keyed completed',
      'is-large completed',
      'double-2 completed',
    ]);
  });

  it('is not recorded with the failure of the one before it, and the step is skipped', async () => {
    const options = await createRun();
    const fail = step({ name: 'fail', version: '1' }, (): number => {
      throw new Error('it broke');
    });
    const failing = pipeline({ name: 'failing' }, () => double({ value: fail({}) }));
    await failing.run({}, { ...options, throwOnFailure: false });
    expect(options.runStore.changes).toEqual(['fail running', 'fail failed', 'double skipped']);
  });

  it('is followed by its cancellation when the run is cancelled in between', async () => {
    const options = await createRun();
    const controller = new AbortController();
    const chain = pipeline({ name: 'chain' }, () => double({ value: double({ value: double({ value: 1 }) }) }));
    const run = await chain.run(
      {},
      {
        ...options,
        throwOnFailure: false,
        signal: controller.signal,
        onEvent: ({ type }) => {
          if (type === 'step-completed') controller.abort();
        },
      },
    );
    expect(run.state).toBe('cancelled');
    expect(options.runStore.changes).toEqual([
      'double running',
      'double completed, double-2 running',
      'double-2 cancelled',
      'double-3 skipped',
    ]);
  });
});
