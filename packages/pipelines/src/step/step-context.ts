import { type JsonObject, type Stack, StackError } from '@stack/core';

/** Writes to the log of a step. Values are formatted as `console.log` does, without colours; secrets are masked. */
export interface StepLogger {
  info(...values: readonly unknown[]): void;
  warn(...values: readonly unknown[]): void;
  error(...values: readonly unknown[]): void;
}

/** What a step's function gets as its second argument. */
export interface StepContext {
  readonly runId: string;
  /** Name of the step in the plan, e.g. `load-2` for the second call of `load`. */
  readonly step: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** The stack of the run: `context.stack.get('artifact-store')`. */
  readonly stack: Stack;
  /** The pipeline's parameters, parsed. */
  readonly parameters: JsonObject;
  readonly log: StepLogger;
  /** Aborted when the run is cancelled. A step that takes long passes it on, or checks it now and then. */
  readonly signal: AbortSignal;
}

/** The context of `step.run()` in a unit test: what is not given is made up, but for the stack. */
export function unitTestContext(step: string, given: Partial<StepContext>): StepContext {
  return {
    runId: 'unit-test',
    step,
    attempt: 1,
    parameters: {},
    log: console,
    signal: new AbortController().signal,
    get stack(): Stack {
      throw new StackError({
        code: 'ARGUMENT_INVALID',
        message: `The step "${step}" asked for the stack, and run() was called without one.`,
        hint: 'Give it as part of the second argument: step.run(input, { stack }).',
      });
    },
    ...given,
  };
}
