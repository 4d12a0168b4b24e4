import type { JsonObject, Stack } from '@stack/core';
import { orAbandon } from './abandon.ts';
import { recordedError } from './recorded-error.ts';

/** What the hooks of a pipeline are told of a run. */
export interface PipelineHookContext {
  readonly runId: string;
  /** Name of the run. */
  readonly name: string;
  readonly pipeline: string;
  /** Parsed. */
  readonly parameters: JsonObject;
  readonly stack: Stack;
}

/** The functions of a user's that a run calls. */
export interface PipelineHooks {
  readonly onStart?: ((run: PipelineHookContext) => unknown) | undefined;
  readonly onSuccess?: ((run: PipelineHookContext) => unknown) | undefined;
  readonly onFailure?: ((run: PipelineHookContext, error: unknown) => unknown) | undefined;
}

/** Calls a hook of a pipeline. What it throws fails nothing. */
export async function callPipelineHook(
  hook: keyof PipelineHooks,
  signal: AbortSignal,
  call: () => unknown,
): Promise<void> {
  try {
    await orAbandon(call(), signal);
  } catch (error) {
    process.emitWarning(`The hook ${hook} of a pipeline failed: ${recordedError(error).message}`);
  }
}
