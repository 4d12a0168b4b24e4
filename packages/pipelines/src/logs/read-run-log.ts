import { setTimeout as delay } from 'node:timers/promises';
import { type ArtifactStore, isRunLeft, type OperationOptions, type RunRecord, type RunStore } from '@stack/core';
import { readStepLogChunks } from './read-step-log.ts';
import type { StepLogLine } from './step-log.ts';

export interface RunLogOptions extends OperationOptions {
  /** Of this step alone; an item of a mapped step is one of its own. Default: all steps, in the order of the plan. */
  readonly step?: string | undefined;
  /** Goes on until the run has ended, with lines as they are stored. Default `false`. */
  readonly follow?: boolean;
  /** Milliseconds between two looks. Default 500. */
  readonly interval?: number;
  /** Told while it follows, each time that the process which executed the run has ended before the run did. */
  readonly onLeft?: (run: RunRecord) => unknown;
}

/** One line of what a step of a run printed or logged. */
export interface RunLogLine extends StepLogLine {
  readonly step: string;
}

/**
 * What the steps of a run printed, a chunk at a time, so that a log may be larger than the memory. The lines of a step
 * are in their order; of steps that run side by side those come first that are stored first.
 *
 * @param store the one that the run keeps its artifacts in
 * @throws RUN_NOT_FOUND
 */
export async function* readRunLog(
  store: ArtifactStore,
  runStore: RunStore,
  runId: string,
  { step: wanted, follow = false, interval = 500, onLeft, signal }: RunLogOptions = {},
): AsyncIterable<RunLogLine> {
  const lastChunks = new Map<string, string>();
  const readWhole = new Set<string>();
  /** The last time that it was taken up by somebody who left it. */
  let left = 0;
  for (;;) {
    // In this order: what a step has printed is stored before its end is recorded.
    const run = await runStore.getRun(runId);
    for (const { step, state: stepState, caching, endedAt } of await runStore.listStepRuns(runId)) {
      const isOther = wanted !== undefined && step !== wanted;
      if (isOther || readWhole.has(step) || stepState === 'pending' || stepState === 'skipped') continue;
      const after = lastChunks.get(step);
      // What took the result of another printed nothing itself: what that one printed tells how it came about.
      const origin = caching?.state === 'cached' ? caching.from : { runId, step };
      for await (const { path, lines } of readStepLogChunks(store, origin.runId, origin.step, { after, signal })) {
        for (const line of lines) yield { step, ...line };
        lastChunks.set(step, path);
      }
      if (endedAt !== undefined) readWhole.add(step);
    }
    if (!follow || run.state !== 'running') return;
    if (isRunLeft(run) && left < run.epoch) {
      left = run.epoch;
      await onLeft?.(run);
    }
    await delay(interval, undefined, { signal });
  }
}
