import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import {
  createComponent,
  defineFlavor,
  Orchestrator,
  type Plan,
  type RunContext,
  StackError,
  type StepExecutor,
  type StepHost,
  StepOutput,
  type StepTask,
  type TaskOptions,
} from '@stack/core';
import { afterEach, describe, expect, it } from 'vitest';
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

class AnnouncesInVain extends Orchestrator {
  override async runPlan({ steps }: Plan, { executor, signal }: RunContext): Promise<void> {
    const last = steps.at(-1)?.name;
    for (const { name } of steps) await executor.execute(name, { signal, next: () => last });
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

/** What is wrong with a host. */
type Defect =
  | 'runs steps in this process'
  | 'gives the order as an argument'
  | 'closes the standard input of workers'
  | 'takes every end for a good one'
  | 'tells errors of the system as they are'
  | 'does not wait for what a worker wrote'
  | 'stops the run when a worker is killed'
  | 'starts one worker for each step'
  | 'kills workers without a word'
  | 'waits for workers that do not stop'
  | 'leaves behind what workers start'
  | 'leaves behind what workers write'
  | 'does not limit memory'
  | 'checks late that workers can find the pipeline';

const children = new Set<ChildProcess>();

afterEach(() => {
  for (const child of children) kill(child);
  children.clear();
});

function kill({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing of it is left.
  }
}

/** A host that is right but for one defect, and for limits of memory. */
class DefectiveHost implements StepHost {
  readonly #defect: Defect;
  readonly #isContained: boolean;
  #isUsed = false;

  /** @param isContained whether of what a worker writes it gets what it prints alone, as from a container */
  constructor(defect: Defect, isContained: boolean) {
    this.#defect = defect;
    this.#isContained = isContained;
  }

  async runTask({ command, order }: StepTask, { signal, onMessage, onOutput }: TaskOptions): Promise<void> {
    const has = (defect: Defect) => this.#defect === defect;
    if (has('starts one worker for each step') && this.#isUsed) throw ended('was used up');
    this.#isUsed = true;
    const [program, ...words] = command;
    const given = has('gives the order as an argument') ? [...words, order] : words;
    const folder = mkdtempSync(join(tmpdir(), 'stack-host-'));
    using _ = { [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
    const env = has('leaves behind what workers write')
      ? process.env
      : { ...process.env, TMPDIR: folder, TEMP: folder };
    const [of, further] = this.#isContained ? [{ STACK_STEP_MESSAGES: 'stdout' }, []] : [{}, ['pipe' as const]];
    const stdio = ['pipe', 'pipe', 'pipe', ...further] as const;
    const child = spawn(program, given, { detached: true, env: { ...env, ...of }, stdio: [...stdio] });
    children.add(child);
    child.stdin?.on('error', () => {}).write(`${order}\n`);
    if (has('closes the standard input of workers')) child.stdin?.end();
    const printed = new StepOutput({ onMessage, onOutput });
    child.stdout?.on('data', (chunk) => printed.write(chunk)).on('end', () => printed.end());
    child.stderr?.on('data', (chunk) => onOutput('stderr', chunk));
    const isLate = has('does not wait for what a worker wrote');
    if (!this.#isContained) {
      createInterface({ input: child.stdio[3] as Readable }).on('line', (line) =>
        isLate ? setTimeout(onMessage, 20, line) : onMessage(line),
      );
    }
    signal.addEventListener('abort', () => {
      child.kill(has('kills workers without a word') ? 'SIGKILL' : 'SIGTERM');
      if (!has('waits for workers that do not stop')) setTimeout(() => kill(child), 1_000).unref();
    });
    child.once('exit', () => has('leaves behind what workers start') || kill(child));
    const { promise, resolve, reject } = Promise.withResolvers<readonly [number | null, string | null]>();
    child.once('error', (cause) =>
      reject(has('tells errors of the system as they are') ? cause : ended('was not started')),
    );
    // What an ended worker has started keeps its output open.
    child.once(has('leaves behind what workers start') ? 'exit' : 'close', (exitCode, exitSignal) =>
      resolve([exitCode, exitSignal]),
    );
    const [exitCode, exitSignal] = await promise;
    if (exitCode === 0 || has('takes every end for a good one')) return;
    throw ended(`ended with ${exitCode ?? exitSignal}`);
  }
}

function ended(how: string): StackError {
  return new StackError({ code: 'STEP_PROCESS_ENDED', message: `The worker ${how}.` });
}

/** Right but for parallelism, with a host that has a defect. */
function withDefect(defect: Defect, isContained = false): typeof InOrder {
  return class extends InOrder {
    override async runPlan(plan: Plan, context: RunContext): Promise<void> {
      if (defect !== 'checks late that workers can find the pipeline') context.checkAddressable();
      const executor: StepExecutor = {
        expand: (step, options) => context.executor.expand(step, options),
        execute: async (step, options) => {
          const host = defect === 'runs steps in this process' ? undefined : new DefectiveHost(defect, isContained);
          const outcome = await context.executor.execute(step, { ...options, host });
          if (defect === 'stops the run when a worker is killed' && outcome === 'failed') throw ended('was killed');
          return outcome;
        },
      };
      await super.runPlan(plan, { ...context, executor });
      context.checkAddressable();
    }
  };
}

const defects: Readonly<Record<Defect, OrchestratorCase>> = {
  'runs steps in this process': 'a step runs in a worker where its settings say so',
  'gives the order as an argument': 'the order of a worker is on no command line and in no variable',
  'closes the standard input of workers': 'the standard input of a worker is held open while it runs',
  'takes every end for a good one': 'a worker that does not end with 0 is STEP_PROCESS_ENDED, which says how',
  'tells errors of the system as they are': 'a worker that cannot be started is STEP_PROCESS_ENDED',
  'does not wait for what a worker wrote': 'all that a worker wrote before it was killed is told, in its order',
  'stops the run when a worker is killed':
    'a worker that is killed ends its step alone, and the run goes on to its end',
  'starts one worker for each step': 'a step can be tried again in another worker',
  'kills workers without a word': 'a worker of a cancelled run is told to stop, and may end in its own time',
  'waits for workers that do not stop': 'a worker that does not stop is ended',
  'leaves behind what workers start': 'what a worker started ends with it',
  'leaves behind what workers write': 'what a worker that is killed left in the folder for temporary files is gone',
  'does not limit memory': 'a worker that takes too much memory is STEP_MEMORY_EXCEEDED',
  'checks late that workers can find the pipeline': 'that workers can find the pipeline is checked before any step',
};

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
  [
    'says for each step that the last comes next',
    AnnouncesInVain,
    'what is said to come next after a step is executed when that has ended, and said once',
  ],
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

describe('the suite convicts an orchestrator with workers that', () => {
  it.each(Object.entries(defects) as [Defect, OrchestratorCase][])('%s', async (defect, convictedBy) => {
    const options = { ...optionsFor(withDefect(defect)), workerSettings: {}, limitedSettings: {} };
    const [result] = await checkOrchestrator(options, { cases: [convictedBy], timeLimit: 5_000 });
    expect(result).toMatchObject({ name: convictedBy, outcome: 'failed' });
  });

  it.each(Object.values(defects))('and no other: %s', async (name) => {
    const options = { ...optionsFor(withDefect('does not limit memory')), workerSettings: {} };
    const [result] = await checkOrchestrator(options, { cases: [name] });
    expect(result?.outcome).toBe(name.includes('memory') ? 'skipped' : 'passed');
  });
});

it('an orchestrator whose workers are heard by their standard output alone, as in containers, passes', async () => {
  const options = { ...optionsFor(withDefect('does not limit memory', true)), workerSettings: {} };
  const results = await checkOrchestrator(options, { cases: Object.values(defects) });
  const outcomes = Map.groupBy(results, ({ outcome }) => outcome);
  expect(outcomes.get('failed') ?? []).toEqual([]);
  expect(outcomes.get('passed')?.length).toBe(Object.keys(defects).length - 1);
});

it('an orchestrator without parallelism passes when it says so', async () => {
  const unsupported = { 'steps that do not depend on each other run at once': 'it runs one step after the other' };
  const results = await checkOrchestrator({ ...optionsFor(InOrder), unsupported });
  const outcomes = Map.groupBy(results, ({ outcome }) => outcome);
  expect([...outcomes.keys()].sort()).toEqual(['passed', 'skipped', 'unsupported']);
  expect(outcomes.get('unsupported')).toHaveLength(1);
});
