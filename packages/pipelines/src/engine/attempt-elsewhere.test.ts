import {
  addMaskedValue,
  importForWorker,
  type Plan,
  type RunContext,
  StackError,
  type StepExecutor,
  type StepHost,
  type StepMessage,
  type StepOrder,
} from '@stack/core';
import { describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { readStepLog } from '../logs/read-step-log.ts';
import { type AnyPipeline, pipeline } from '../pipeline/pipeline.ts';
import { step } from '../step/step.ts';
import { collect } from '../testing/collect.ts';
import { expectStackError } from '../testing/expect-stack-error.ts';
import { TestOrchestrator } from '../testing/test-orchestrator.ts';
import { createTestStack } from '../testing/test-stack.ts';
import type { AttemptOrder } from './attempt-elsewhere.ts';
import { MemoryRunStore } from './memory-run-store.ts';
import type { RunEvent } from './run-event.ts';

type RunTask = StepHost['runTask'];

/** Gives the executor a host with every step. */
class ElsewhereOrchestrator extends TestOrchestrator {
  host: StepHost | undefined;

  override async runPlan(plan: Plan, context: RunContext): Promise<void> {
    context.checkAddressable();
    const executor: StepExecutor = {
      expand: (name, options) => context.executor.expand(name, options),
      execute: (name, options) => context.executor.execute(name, { ...options, host: this.host }),
    };
    await super.runPlan(plan, { ...context, executor });
  }
}

const source = { module: import.meta.url, export: 'none' };

/**
 * Runs a pipeline whose steps run where `place` says.
 *
 * @param place is given what a program of a step does, which it need not do
 */
async function runElsewhere(
  subject: AnyPipeline,
  place: (perform: RunTask, attempt: AttemptOrder) => RunTask = (perform) => perform,
  options: { readonly signal?: AbortSignal; readonly parameters?: Record<string, unknown> } = {},
) {
  const orchestrator = new ElsewhereOrchestrator();
  const { stack, artifactStore } = await createTestStack(orchestrator);
  const runStore = Object.assign(new MemoryRunStore(), { stepProgram: { command: ['none'] as const, project: null } });
  const orders: AttemptOrder[] = [];
  orchestrator.host = {
    runTask: (task, told) => {
      const { attempt } = JSON.parse(task.order) as StepOrder;
      const order = attempt as unknown as AttemptOrder;
      orders.push(order);
      const perform: RunTask = async (_, { signal, onMessage }) => {
        const send = (message: StepMessage) => onMessage(JSON.stringify(message));
        await subject.runStep(attempt, { stack, runStore, signal, send });
      };
      return place(perform, order)(task, told);
    },
  };
  const events: RunEvent[] = [];
  const { parameters = {}, ...rest } = options;
  const run = await subject.run(parameters, {
    ...rest,
    stack,
    runStore,
    source,
    throwOnFailure: false,
    onEvent: (event) => events.push(event),
  });
  const linesOf = async (name: string) =>
    (await collect(readStepLog(artifactStore, run.id, name))).map(({ level, text }) => `${level}: ${text}`);
  return { run, runStore, orders, events, linesOf };
}

const ended = new StackError({ code: 'STEP_PROCESS_ENDED', message: 'It was ended by SIGKILL.' });

describe('a step that runs elsewhere', () => {
  it('gets its inputs and puts out as it does here, and so do the items of a mapped one', async () => {
    const load = step({ name: 'load', outputs: ['rows', 'at'] }, () => ({ rows: [1, 2, 3], at: new Date(0) }));
    const double = step({ name: 'double' }, ({ row }: { row: number }, { parameters }) => row * Number(parameters.by));
    const keep = step({ name: 'keep' }, ({ rows, at }: { rows: number[]; at: Date }) => ({ rows, at }));
    const all = pipeline({ name: 'all', parameters: z.object({ by: z.number() }) }, () => {
      const { rows, at } = load();
      return keep({ rows: double.map(rows, (row) => ({ row })), at });
    });
    const { run, orders } = await runElsewhere(all as AnyPipeline, undefined, { parameters: { by: 2 } });
    expect(await run.result()).toEqual({ rows: [2, 4, 6], at: new Date(0) });
    expect(orders.map((order) => order.step)).toEqual(['load', 'double[0]', 'double[1]', 'double[2]', 'keep']);
  });

  it('has its lines in the log of the step, and what it threw is recorded with the run', async () => {
    const fail = step({ name: 'fail' }, (_input, { log }) => {
      log.warn('soon');
      throw new RangeError('too far');
    });
    const { run, linesOf } = await runElsewhere(pipeline({ name: 'failing' }, () => fail()));
    expect(run.steps[0]?.error).toMatchObject({ code: 'STEP_FAILED', message: 'RangeError: too far' });
    expect((await linesOf('fail')).slice(0, 2)).toEqual(['warn: soon', 'error: RangeError: too far']);
  });

  it('is tried again when its process was killed, and fails with why the last one was', async () => {
    const onFailure = vi.fn();
    const steady = step({ name: 'steady', retry: { attempts: 3, baseDelay: 1 } }, (_input, { attempt }) => attempt);
    const unsteady = step({ name: 'unsteady', retry: { attempts: 2, baseDelay: 1 }, onFailure }, () => 'never');
    const both = pipeline({ name: 'both' }, () => [steady(), unsteady()]);
    const { run, events, linesOf } = await runElsewhere(both, (perform, order) =>
      order.step === 'steady' && order.isLast ? perform : () => Promise.reject(ended),
    );
    expect(await run.output('steady')).toBe(3);
    expect(run.steps[1]).toMatchObject({
      state: 'failed',
      attempt: 2,
      error: { code: 'STEP_PROCESS_ENDED', message: ended.message },
    });
    expect(events.filter(({ type }) => type === 'step-retrying')).toHaveLength(3);
    expect(onFailure.mock.calls).toEqual([
      [expect.anything(), expect.objectContaining({ code: 'STEP_PROCESS_ENDED' })],
    ]);
    expect(await linesOf('unsteady')).toEqual([
      `error: Attempt 1 of 2: ${ended.message}`,
      `error: Attempt 2 of 2: ${ended.message}`,
    ]);
  });

  it('has its components cleaned up after it here when its process could not do so', async () => {
    const cleaned: unknown[] = [];
    class Cleaning extends ElsewhereOrchestrator {
      override async cleanupStepRun({ step }: { readonly step: string }, { failed }: { readonly failed: boolean }) {
        cleaned.push([step, failed]);
      }
    }
    vi.spyOn(ElsewhereOrchestrator.prototype, 'cleanupStepRun').mockImplementation(Cleaning.prototype.cleanupStepRun);
    const two = pipeline({ name: 'two' }, () => [
      step({ name: 'good' }, () => 1)(),
      step({ name: 'killed' }, () => 2)(),
    ]);
    await runElsewhere(two, (perform, order) => (order.step === 'good' ? perform : () => Promise.reject(ended)));
    vi.restoreAllMocks();
    expect(cleaned).toEqual([
      ['killed', true],
      ['good', false],
    ]);
  });

  it('that ends without a word is STEP_PROCESS_ENDED', async () => {
    const { run } = await runElsewhere(
      pipeline({ name: 'silent' }, () => step({ name: 'silent' }, () => 1)()),
      () => async () => {},
    );
    expect(run.steps[0]?.error).toMatchObject({ code: 'STEP_PROCESS_ENDED' });
  });

  it('may write what is no message, which goes to its log', async () => {
    const { run, linesOf } = await runElsewhere(
      pipeline({ name: 'noisy' }, () => step({ name: 'noisy' }, () => 1)()),
      (perform) => async (task, options) => {
        for (const line of ['{"type":"li', 'null', '3']) options.onMessage(line);
        await perform(task, options);
      },
    );
    expect(run.state).toBe('completed');
    expect(await linesOf('noisy')).toEqual(['warn: {"type":"li', 'warn: null', 'warn: 3']);
  });

  it('that was told before its process was killed is completed', async () => {
    const { run } = await runElsewhere(
      pipeline({ name: 'late' }, () => step({ name: 'late' }, () => 1)()),
      (perform) => async (task, options) => {
        await perform(task, options);
        throw ended;
      },
    );
    expect(run.state).toBe('completed');
  });

  it('is told to stop when the run is cancelled, and is cancelled however it ends', async () => {
    const controller = new AbortController();
    const wait = step(
      { name: 'wait' },
      (_input, { signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    );
    const hang = step({ name: 'hang' }, () => 1);
    const { run } = await runElsewhere(
      pipeline({ name: 'cancelled' }, () => [wait(), hang()]),
      (perform, order) => (task, options) => {
        setTimeout(() => controller.abort(), 20);
        if (order.step === 'wait') return perform(task, options);
        return new Promise((_, reject) => options.signal.addEventListener('abort', () => reject(ended)));
      },
      { signal: controller.signal },
    );
    expect(run.state).toBe('cancelled');
    expect(run.steps.map(({ state }) => state)).toEqual(['cancelled', 'cancelled']);
  });

  it('has its time from when it begins, and is stopped from outside when it does not end then', async () => {
    const busy = step({ name: 'busy', timeout: 50 }, () => 1);
    const quick = step({ name: 'quick', timeout: 50 }, () => 1);
    const { run } = await runElsewhere(
      pipeline({ name: 'timed' }, () => [busy(), quick()]),
      (perform, order) => async (task, options) => {
        if (order.step === 'quick') {
          await new Promise((resolve) => setTimeout(resolve, 100));
          return perform(task, options);
        }
        options.onMessage(JSON.stringify({ type: 'started' } satisfies StepMessage));
        return new Promise((_, reject) => options.signal.addEventListener('abort', () => reject(ended)));
      },
    );
    expect(run.steps.map(({ state, error }) => error?.code ?? state)).toEqual(['TIMEOUT', 'completed']);
  });

  it('is given parameters as they are, while the run is recorded with their secrets masked', async () => {
    addMaskedValue('swordfish-200');
    const open = step({ name: 'open' }, (_input, { parameters }) => String(parameters.password).length);
    const opening = pipeline({ name: 'opening', parameters: z.object({ password: z.string() }) }, () => open());
    const parameters = { password: 'swordfish-200' };
    const { run, runStore, orders } = await runElsewhere(opening as AnyPipeline, undefined, { parameters });
    expect(await run.result()).toBe('swordfish-200'.length);
    expect(orders[0]?.parameters).toEqual(parameters);
    expect((await runStore.getRun(run.id)).plan.parameters).toEqual({ password: '[secret]' });
  });

  it('is RUN_CODE_CHANGED when its code is not that of the run any more, and runs nothing', async () => {
    const run = vi.fn(() => 1);
    const versioned = step({ name: 'versioned', version: '1' }, run);
    const subject = pipeline({ name: 'changed' }, () => versioned());
    const done = await runElsewhere(subject, () => async (task, options) => {
      const { attempt } = JSON.parse(task.order) as { readonly attempt: AttemptOrder };
      const place = { stack: undefined, runStore: undefined, signal: options.signal, send: () => {} } as never;
      const { stack } = await createTestStack();
      const changed = { ...attempt, code: 'another' } as never;
      await subject.runStep(changed, Object.assign(place, { stack }));
    });
    expect(done.run.steps[0]?.error).toMatchObject({ code: 'RUN_CODE_CHANGED' });
    expect(run).not.toHaveBeenCalled();
  });
});

describe('a pipeline that another process cannot find', () => {
  const subject = pipeline({ name: 'lost' }, () => step({ name: 'lost' }, () => 1)());

  it.each([
    ['is not said where it is', { runStore: Object.assign(new MemoryRunStore(), { stepProgram: undefined }) }],
    ['runs without a project', { source }],
  ])('is PIPELINE_NOT_ADDRESSABLE before any step: it %s', async (_, options) => {
    const { stack } = await createTestStack(new ElsewhereOrchestrator());
    const run = await subject.run({}, { stack, throwOnFailure: false, ...options });
    expect(run).toMatchObject({ state: 'failed', error: { code: 'PIPELINE_NOT_ADDRESSABLE' } });
    expect(run.steps[0]).toMatchObject({ state: 'skipped', attempt: 0 });
  });

  it('cannot be run by the module that a worker imports', async () => {
    const { stack } = await createTestStack();
    await expectStackError('PIPELINE_NOT_ADDRESSABLE', () => importForWorker(() => subject.run({}, { stack })));
    expect((await subject.run({}, { stack })).state).toBe('completed');
  });
});
