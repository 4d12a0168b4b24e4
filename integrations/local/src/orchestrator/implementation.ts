import { availableParallelism } from 'node:os';
import { Orchestrator, type Plan, type PlanStep, type ProbeResult, type RunContext, StackError } from '@stack/core';
import type { LocalOrchestratorConfig, LocalOrchestratorSettings } from './config.ts';
import { ProcessHost } from './process-host.ts';

/** Runs the steps of a plan on this machine: in this process, or each in one of its own. */
export default class LocalOrchestrator extends Orchestrator<LocalOrchestratorConfig, LocalOrchestratorSettings> {
  override async runPlan(
    plan: Plan,
    { executor, signal, settings, stepSettings, checkAddressable }: RunContext<LocalOrchestratorSettings>,
  ): Promise<void> {
    const hosts = new Map(plan.steps.map(({ name }) => [name, hostOf(stepSettings(name))]));
    if ([...hosts.values()].some((host) => host !== undefined)) checkAddressable();
    const limit = settings.concurrency ?? availableParallelism();
    const dependents = Map.groupBy(
      plan.steps.flatMap((step) => [...new Set(step.upstream)].map((upstream) => ({ upstream, step }))),
      ({ upstream }) => upstream,
    );
    const waitingFor = new Map(plan.steps.map(({ name, upstream }) => [name, new Set(upstream).size]));
    /** What can be done now. */
    const ready: Task[] = [];
    /** What a step that runs has as its successor, and so does not wait in `ready`. */
    const claimed = new Set<string>();
    const failures: unknown[] = [];
    let ended = 0;

    const taskOf = (step: PlanStep): Task => ({
      step: step.name,
      run: async (next) => {
        await executor.execute(step.name, { signal, host: hosts.get(step.name), next });
        ended++;
        for (const { step: dependent } of dependents.get(step.name) ?? []) {
          const left = (waitingFor.get(dependent.name) ?? 0) - 1;
          waitingFor.set(dependent.name, left);
          if (left === 0 && !claimed.has(dependent.name)) start(dependent);
        }
      },
    });
    /** Its items take places of their own, so that a long list runs no more at once than other steps do. */
    const expansionOf = (step: PlanStep): Task => ({
      step: undefined,
      run: async () => {
        const items = await executor.expand(step.name, { signal });
        let left = items.length;
        if (left === 0) ready.push(taskOf(step));
        for (const item of items) {
          const run: Task['run'] = async (next) => {
            await executor.execute(item, { signal, host: hosts.get(step.name), next });
            if (--left === 0) ready.push(taskOf(step));
          };
          ready.push({ step: item, run });
        }
      },
    });
    const start = (step: PlanStep): void => {
      ready.push(step.map === undefined ? taskOf(step) : expansionOf(step));
    };
    /** What comes in the place of a task that is about to end: the first that is ready, else what waits for it alone. */
    const claimNext = ({ step }: Task): Task | undefined => {
      if (ready.length > 0) return ready[0]?.step === undefined ? undefined : ready.shift();
      const waiting = (dependents.get(step ?? '') ?? []).find(({ step: { name } }) => waitingFor.get(name) === 1);
      if (waiting === undefined || waiting.step.map !== undefined) return undefined;
      claimed.add(waiting.step.name);
      return taskOf(waiting.step);
    };
    const { promise: over, resolve: end } = Promise.withResolvers<void>();
    let running = 0;
    // When a state cannot be recorded, nothing more is started, and what runs is waited for.
    const fill = (): void => {
      while (failures.length === 0 && running < limit) {
        const task = ready.shift();
        if (task === undefined) break;
        running++;
        void work(task);
      }
      if (running === 0) end();
    };
    /** Runs a task, and one after the other what comes in its place. */
    const work = async (first: Task): Promise<void> => {
      try {
        for (let task: Task | undefined = first; task !== undefined && failures.length === 0; ) {
          const present: Task = task;
          task = undefined;
          await present.run(() => {
            task = claimNext(present);
            return task?.step;
          });
          if (task !== undefined) fill();
        }
      } catch (error) {
        failures.push(error);
      }
      running--;
      fill();
    };

    for (const step of plan.steps) if (step.upstream.length === 0) start(step);
    fill();
    await over;
    if (failures.length > 0) throw failures[0];
    if (ended < plan.steps.length) {
      throw new StackError({
        code: 'PIPELINE_INVALID',
        message: `The plan of "${plan.pipeline}" has steps that wait for each other, or for steps that it does not have.`,
      });
    }
  }

  override async probe(): Promise<ProbeResult> {
    const concurrency = this.settings.concurrency ?? availableParallelism();
    return { healthy: true, message: `Runs up to ${concurrency} steps at once on this machine.` };
  }
}

interface Task {
  /** What is executed; `undefined` for the expansion of a mapped step. */
  readonly step: string | undefined;
  /** @param next claims what comes in its place */
  readonly run: (next: () => string | undefined) => Promise<void>;
}

/** Where the attempts of a step run; `undefined` for this process. */
function hostOf({ isolation, memoryLimit, timeLimit }: LocalOrchestratorSettings): ProcessHost | undefined {
  return isolation === 'process' ? new ProcessHost({ memoryLimit, timeLimit }) : undefined;
}
