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
  /**
   * To be called before any step, by an orchestrator that gives the executor a host.
   *
   * @throws PIPELINE_NOT_ADDRESSABLE when another process cannot import the pipeline, or cannot open the store of its run
   */
  readonly checkAddressable: () => void;
}

/** The contract of all orchestrators: execute the steps of a plan, each after those it depends on. */
export abstract class Orchestrator<
  Config extends object = object,
  Settings extends object = object,
> extends StackComponent<Config, Settings> {
  /**
   * Runs a plan to its end: executes every step once, when all those of its `upstream` have ended, however they ended, and
   * after the signal is aborted too, since the executor decides what runs and what is skipped. A step with `map` is expanded
   * first, and its items are executed before it. A failed step is no error of this method. When the executor rejects,
   * nothing more is executed, and the error is that of this method once what was started has ended.
   */
  abstract runPlan(plan: Plan, context: RunContext<Settings>): Promise<void>;
}
