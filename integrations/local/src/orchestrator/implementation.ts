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
    const ready: (() => Promise<void>)[] = [];
    const running = new Set<Promise<void>>();
    const failures: unknown[] = [];
    let ended = 0;

    const start = (step: PlanStep): void => {
      ready.push(() => (step.map === undefined ? execute(step) : expand(step)));
    };
    const execute = async ({ name }: PlanStep): Promise<void> => {
      await executor.execute(name, { signal, host: hosts.get(name) });
      ended++;
      for (const { step: dependent } of dependents.get(name) ?? []) {
        const left = (waitingFor.get(dependent.name) ?? 0) - 1;
        waitingFor.set(dependent.name, left);
        if (left === 0) start(dependent);
      }
    };
    /** Its items take places of their own, so that a long list runs no more at once than other steps do. */
    const expand = async (step: PlanStep): Promise<void> => {
      const items = await executor.expand(step.name, { signal });
      let left = items.length;
      if (left === 0) return execute(step);
      for (const item of items) {
        ready.push(async () => {
          await executor.execute(item, { signal, host: hosts.get(step.name) });
          if (--left === 0) ready.push(() => execute(step));
        });
      }
    };

    for (const step of plan.steps) if (step.upstream.length === 0) start(step);
    // When a state cannot be recorded, nothing more is started, and what runs is waited for.
    while (running.size > 0 || (ready.length > 0 && failures.length === 0)) {
      while (failures.length === 0 && running.size < limit) {
        const next = ready.shift();
        if (next === undefined) break;
        const run = next()
          .catch((error: unknown) => failures.push(error))
          .then(() => void running.delete(run));
        running.add(run);
      }
      await Promise.race(running);
    }
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

/** Where the attempts of a step run; `undefined` for this process. */
function hostOf({ isolation, memoryLimit, timeLimit }: LocalOrchestratorSettings): ProcessHost | undefined {
  return isolation === 'process' ? new ProcessHost({ memoryLimit, timeLimit }) : undefined;
}
