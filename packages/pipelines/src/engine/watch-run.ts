import { setTimeout as delay } from 'node:timers/promises';
import { type ArtifactRecord, isRunLeft, type Plan, type RunStore, type StepRunRecord } from '@stack/core';
import type { RunEvent, UntoldRunEvent } from './run-event.ts';

export interface WatchOptions {
  /** Milliseconds between two looks. Default 500. */
  readonly interval?: number;
  /** Ends the watch with the reason of the signal. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The events of a run that goes on elsewhere, as its records tell them, from its start to its end. What its steps print is
 * not among them: `readRunLog` has it. Of attempts that begin and fail between two looks, the last one alone is told.
 *
 * @param reference id or name of the run
 * @throws RUN_NOT_FOUND
 */
export async function* watchRun(
  runStore: RunStore,
  reference: string,
  { interval = 500, signal }: WatchOptions = {},
): AsyncIterable<RunEvent> {
  const { id: runId, name, stack, plan } = await runStore.getRun(reference);
  yield { runId, type: 'run-started', name, stack, plan, recordedIn: 'store' };
  const seen = new Map<string, StepRunRecord>();
  /** The last time that it was taken up by somebody who left it. */
  let left = 0;
  for (;;) {
    // In this order, so that the steps of a run that has ended have all ended.
    const run = await runStore.getRun(runId);
    const { state, error, startedAt, endedAt, epoch } = run;
    const steps = await runStore.listStepRuns(runId);
    const changed = steps.filter((step) => isChanged(seen.get(step.step), step));
    const isCompleted = changed.some((step) => step.state === 'completed');
    const artifacts = isCompleted ? await runStore.listArtifacts({ runId, limit: Number.MAX_SAFE_INTEGER }) : [];
    const artifactsByStep = Map.groupBy(artifacts.toReversed(), ({ step }) => step);
    for (const step of changed) {
      for (const event of stepEvents(seen.get(step.step), step, plan, artifactsByStep.get(step.step) ?? [])) {
        yield { runId, ...event };
      }
      seen.set(step.step, step);
    }
    if (state !== 'running') {
      const duration = (endedAt ?? startedAt).getTime() - startedAt.getTime();
      yield { runId, type: 'run-ended', state, duration, ...(error === undefined ? {} : { error }) };
      return;
    }
    if (isRunLeft(run) && left < epoch) {
      left = epoch;
      yield { runId, type: 'run-left', name };
    }
    await delay(interval, undefined, { signal });
  }
}

function isChanged(before: StepRunRecord | undefined, now: StepRunRecord): boolean {
  return (before?.state ?? 'pending') !== now.state || (before?.attempt ?? 0) !== now.attempt;
}

function* stepEvents(
  before: StepRunRecord | undefined,
  { step, index, state, attempt, interruptions, caching, error, reason = '', startedAt, endedAt }: StepRunRecord,
  plan: Plan,
  artifacts: readonly ArtifactRecord[],
): Iterable<UntoldRunEvent> {
  if (attempt > (before?.attempt ?? 0)) {
    // An attempt that was interrupted does not count.
    const attempts = (plan.steps[index]?.attempts ?? 1) + interruptions;
    yield { type: 'step-started', step, attempt, attempts };
  }
  const duration = startedAt === undefined || endedAt === undefined ? 0 : endedAt.getTime() - startedAt.getTime();
  const cached = caching?.state === 'cached' ? { cachedFrom: caching.from } : {};
  if (state === 'completed') yield { type: 'step-completed', step, duration, artifacts, ...cached };
  if (state === 'failed' && error !== undefined) yield { type: 'step-failed', step, duration, error };
  if (state === 'cancelled') yield { type: 'step-cancelled', step, duration, reason };
  if (state === 'skipped') yield { type: 'step-skipped', step, reason };
}
