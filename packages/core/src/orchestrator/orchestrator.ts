import { StackComponent } from '../component/stack-component.ts';
import type { Plan } from './plan.ts';
import type { StepExecutor } from './step-executor.ts';

/** What an orchestrator gets beside the plan. */
export interface RunContext<Settings extends object = object> {
  readonly runId: string;
  readonly executor: StepExecutor;
  /** Aborted when the user cancels the run. */
  readonly signal: AbortSignal;
  /** The orchestrator's settings for this run. These hold, not `this.settings`, which the run may override. */
  readonly settings: Settings;
  /** The orchestrator's settings for one step of the run. */
  readonly stepSettings: (step: string) => Settings;
}

/** The contract of all orchestrators: run the steps of a plan, each after those it depends on. */
export abstract class Orchestrator<
  Config extends object = object,
  Settings extends object = object,
> extends StackComponent<Config, Settings> {
  /**
   * Runs a plan to its end. Every step is executed or skipped: a step whose upstream did not complete is skipped, and
   * so is every step that has not started when the signal is aborted. A failed step is no error of this method.
   */
  abstract runPlan(plan: Plan, context: RunContext<Settings>): Promise<void>;
}
