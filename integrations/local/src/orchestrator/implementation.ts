import { availableParallelism } from 'node:os';
import { Orchestrator, type Plan, type PlanStep, type ProbeResult, type RunContext, StackError } from '@stack/core';
import type { LocalOrchestratorConfig, LocalOrchestratorSettings } from './config.ts';

/** Runs the steps of a plan in this process. */
export default class LocalOrchestrator extends Orchestrator<LocalOrchestratorConfig, LocalOrchestratorSettings> {
  override async runPlan(
    plan: Plan,
    { executor, signal, settings }: RunContext<LocalOrchestratorSettings>,
  ): Promise<void> {
    const limit = settings.concurrency ?? availableParallelism();
    const dependents = Map.groupBy(
      plan.steps.flatMap((step) => [...new Set(step.upstream)].map((upstream) => ({ upstream, step }))),
      ({ upstream }) => upstream,
    );
    const waitingFor = new Map(plan.steps.map(({ name, upstream }) => [name, new Set(upstream).size]));
    const completed = new Set<string>();
    const ready = plan.steps.filter(({ upstream }) => upstream.length === 0);
    const running = new Set<Promise<void>>();
    const failures: unknown[] = [];
    let ended = 0;

    const runStep = async (step: PlanStep): Promise<void> => {
      const blocker = step.upstream.find((name) => !completed.has(name));
      if (signal.aborted) await executor.skip(step.name, 'the run was cancelled');
      else if (blocker !== undefined) await executor.skip(step.name, `the step "${blocker}" did not complete`);
      else if ((await executor.execute(step.name, { signal })) === 'completed') completed.add(step.name);
      ended++;
      for (const { step: dependent } of dependents.get(step.name) ?? []) {
        const left = (waitingFor.get(dependent.name) ?? 0) - 1;
        waitingFor.set(dependent.name, left);
        if (left === 0) ready.push(dependent);
      }
    };

    // When a state cannot be recorded, nothing more is started, and what runs is waited for.
    while (running.size > 0 || (ready.length > 0 && failures.length === 0)) {
      while (failures.length === 0 && running.size < limit) {
        const step = ready.shift();
        if (step === undefined) break;
        const run = runStep(step)
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
    return { healthy: true, message: `Runs up to ${concurrency} steps at once in this process.` };
  }
}
