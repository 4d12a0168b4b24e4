import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type JsonValue, type Orchestrator, StackError, type StepHost, type StepOutcome } from '@stack/core';
import type { CaseBody, CaseContext, ConditionalCase } from '../conformance/conformance-suite.ts';
import { expectCode } from '../conformance/expect-code.ts';
import { RecordingExecutor } from './recording-executor.ts';
import { runPlan } from './run-plan.ts';
import type { WorkerStep } from './step-worker-main.ts';

/** What an orchestrator offers the cases that runs steps in workers. */
export interface OrchestratorHooks {
  /** Its settings by which a step runs in a worker. Default: none, and the cases about workers are skipped. */
  readonly workerSettings?: object | undefined;
  /** Its settings by which a worker may take at most 512 MiB of memory. Default: none. */
  readonly limitedSettings?: object | undefined;
}

type Context = CaseContext<Orchestrator, OrchestratorHooks>;

/** How long a worker may take from being told to stop to its end, in milliseconds. */
const stoppingTime = 20_000;
const program = fileURLToPath(import.meta.url.replace(/worker-cases(\.[jt]s)$/, 'step-worker-main$1'));

/** The cases about steps that run in workers, by their names. */
export const workerCases = {
  'a step runs in a worker where its settings say so': inWorkers(async (context) => {
    const { messages, output } = await work(context, { does: 'introduce' });
    const [{ pid } = { pid: process.pid }] = messages as [{ pid: number }];
    assert.notEqual(pid, process.pid, 'it ran in this process');
    assert.deepEqual(output, { stdout: 'out', stderr: 'err' });
  }),
  'the order of a worker is on no command line and in no variable': inWorkers(async (context) => {
    const { messages } = await work(context, { does: 'introduce', argument: 'the-secret-of-the-order' });
    assert.equal(messages.length, 1);
    assert.ok(!JSON.stringify(messages).includes('the-secret-of-the-order'), 'others can read the order');
  }),
  'the standard input of a worker is held open while it runs': inWorkers(async (context) => {
    const { messages } = await work(context, { does: 'wait' });
    assert.deepEqual(messages, [{ hasInputEnded: false }]);
  }),
  'a worker that does not end with 0 is STEP_PROCESS_ENDED, which says how': inWorkers(async (context) => {
    for (const [step, how] of [
      [{ does: 'exit', argument: 3 }, /\b3\b/],
      [{ does: 'tellAndDie', argument: 0 }, /SIGKILL/],
    ] as const) {
      const { error } = await work(context, step);
      assert.ok(StackError.is(error, 'STEP_PROCESS_ENDED'), `it is ${String(error)}`);
      assert.match(error.message, how);
    }
  }),
  'a worker that cannot be started is STEP_PROCESS_ENDED': inWorkers(async (context) => {
    const { error } = await work(context, { does: 'introduce' }, { command: ['/no/such/program'] });
    await expectCode('STEP_PROCESS_ENDED', () => Promise.reject(error));
  }),
  'all that a worker wrote before it was killed is told, in its order': inWorkers(async (context) => {
    const { messages } = await work(context, { does: 'tellAndDie', argument: 2_000 });
    assert.deepEqual(
      messages,
      Array.from({ length: 2_000 }, (_, index) => index),
    );
  }),
  'a worker that is killed ends its step alone, and the run goes on to its end': inWorkers(async (context) => {
    const executor = new RecordingExecutor(async (step, signal, host) => {
      const does: WorkerStep = step === 'a' ? { does: 'tellAndDie', argument: 1 } : { does: 'introduce' };
      return outcomeOf(await runTask(host, does, signal));
    });
    await runPlan(context.component, executor, { a: [], b: [], c: ['a'] }, { settings: workerSettings(context) });
    assert.deepEqual(executor.outcomes, { a: 'failed', b: 'completed', c: 'completed' });
  }),
  'a step can be tried again in another worker': inWorkers(async (context) => {
    const executor = new RecordingExecutor(async (_step, signal, host) => {
      const first = await runTask(host, { does: 'exit', argument: 1 }, signal);
      return first.error === undefined ? 'failed' : outcomeOf(await runTask(host, { does: 'introduce' }, signal));
    });
    await runPlan(context.component, executor, { a: [] }, { settings: workerSettings(context) });
    assert.deepEqual(executor.outcomes, { a: 'completed' });
  }),
  'a worker of a cancelled run is told to stop, and may end in its own time': inWorkers(async (context) => {
    const controller = new AbortController();
    const onMessage = () => controller.abort();
    const { messages } = await work(context, { does: 'stop' }, { controller, onMessage });
    assert.deepEqual(messages, ['ready', 'stopped']);
  }),
  'a worker that does not stop is ended': inWorkers(async (context) => {
    const controller = new AbortController();
    let toldAt = 0;
    const onMessage = () => {
      toldAt = performance.now();
      controller.abort();
    };
    const { messages, error } = await work(context, { does: 'ignore' }, { controller, onMessage });
    assert.ok(error !== undefined, 'a worker that was ended counts as one that ended well');
    assert.ok(performance.now() - toldAt < stoppingTime, 'it took too long');
    assert.ok(!isAlive(Number(messages[0])), 'it goes on');
  }),
  'what a worker started ends with it': inWorkers(async (context) => {
    const { messages } = await work(context, { does: 'leave' });
    for (let waited = 0; isAlive(Number(messages[0])) && waited < 2_000; waited += 50) await delay(50);
    assert.ok(!isAlive(Number(messages[0])), 'it goes on');
  }),
  'what a worker that is killed left in the folder for temporary files is gone': inWorkers(async (context) => {
    const { messages } = await work(context, { does: 'litter' });
    const [file] = messages;
    assert.ok(typeof file === 'string', 'it told nothing');
    const isLeft = existsSync(file);
    if (isLeft) await rm(dirname(file), { recursive: true });
    assert.ok(!isLeft, `${file} is left`);
  }),
  'a worker that takes too much memory is STEP_MEMORY_EXCEEDED': {
    obstacle: ({ limitedSettings }) =>
      limitedSettings === undefined ? 'no settings are given that limit memory' : undefined,
    run: async ({ component, hooks, ...rest }) => {
      const limited = { workerSettings: hooks.limitedSettings };
      const { error } = await work({ ...rest, component, hooks: limited }, { does: 'grow' });
      await expectCode('STEP_MEMORY_EXCEEDED', () => Promise.reject(error));
    },
  },
  'that workers can find the pipeline is checked before any step': inWorkers(async (context) => {
    const executor = new RecordingExecutor(async () => 'completed');
    const failure = new StackError({ code: 'PIPELINE_NOT_ADDRESSABLE', message: 'nobody knows where it is' });
    const checkAddressable = () => {
      throw failure;
    };
    const settings = workerSettings(context);
    await assert.rejects(runPlan(context.component, executor, { a: [] }, { settings, checkAddressable }), failure);
    assert.deepEqual(executor.executed, []);
  }),
} as const satisfies Readonly<Record<string, ConditionalCase<Orchestrator, OrchestratorHooks>>>;

/** A case that is for orchestrators with workers. */
function inWorkers(run: CaseBody<Orchestrator, OrchestratorHooks>): ConditionalCase<Orchestrator, OrchestratorHooks> {
  return {
    obstacle: ({ workerSettings: settings }) =>
      settings === undefined ? 'no settings are given by which steps run in workers' : undefined,
    run,
  };
}

function workerSettings({ hooks }: Context): object {
  return hooks.workerSettings ?? {};
}

/** What a worker told, and what running it threw. */
interface Work {
  readonly messages: readonly JsonValue[];
  readonly output: Readonly<Record<'stdout' | 'stderr', string>>;
  readonly error: unknown;
}

interface WorkOptions {
  readonly command?: readonly [string, ...string[]];
  readonly controller?: AbortController;
  readonly onMessage?: () => void;
}

/** Runs a plan of one step, which does this in a worker. */
async function work(
  context: Context,
  step: WorkerStep,
  { controller = new AbortController(), ...options }: WorkOptions = {},
): Promise<Work> {
  let done: Work | undefined;
  const executor = new RecordingExecutor(async (_step, signal, host) => {
    done = await runTask(host, step, signal, options);
    return outcomeOf(done);
  });
  const { signal } = controller;
  await runPlan(context.component, executor, { a: [] }, { signal, settings: workerSettings(context) });
  assert.ok(done !== undefined, 'the step was not executed');
  return done;
}

async function runTask(
  host: StepHost | undefined,
  step: WorkerStep,
  signal: AbortSignal,
  { command = [process.execPath, ...process.execArgv, program], onMessage = () => {} }: WorkOptions = {},
): Promise<Work> {
  assert.ok(host !== undefined, 'the step was not given a host');
  const messages: JsonValue[] = [];
  const output = { stdout: '', stderr: '' };
  let error: unknown;
  try {
    await host.runTask(
      { command, order: JSON.stringify(step) },
      {
        signal,
        onMessage: (line) => {
          messages.push(JSON.parse(line) as JsonValue);
          onMessage();
        },
        onOutput: (stream, chunk) => {
          output[stream] += Buffer.from(chunk).toString();
        },
      },
    );
  } catch (thrown) {
    error = thrown ?? new Error('nothing was thrown');
  }
  return { messages, output, error };
}

function outcomeOf({ error }: Work): StepOutcome {
  return error === undefined ? 'completed' : 'failed';
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // One that has ended may stay in the list of processes, where nobody asks how it ended.
    return process.platform !== 'linux' || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
