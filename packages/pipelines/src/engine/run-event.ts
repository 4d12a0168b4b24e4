import type { ArtifactRecord, CachedResult, Plan, RecordedError, RunState, StepRunRecord } from '@stack/core';
import type { StepLogLine } from '../logs/step-log.ts';

/** What happens in a run, told as it happens: a change of state once it is recorded. Durations are in milliseconds. */
export type RunEvent = { readonly runId: string } & (
  | {
      readonly type: 'run-started';
      readonly name: string;
      readonly stack: string;
      readonly plan: Plan;
      readonly recordedIn: RunRecording;
    }
  /** A run goes on that its last holder left. */
  | {
      readonly type: 'run-resumed';
      readonly name: string;
      readonly stack: string;
      readonly plan: Plan;
      readonly recordedIn: RunRecording;
      /** How often the run was taken up, this time included. */
      readonly epoch: number;
      /** Its steps as they are recorded. An attempt that was interrupted is counted in `interruptions`. */
      readonly steps: readonly StepRunRecord[];
      /** Steps that have not completed, and of which it is not known whether their code is that of the run. */
      readonly uncompared: readonly string[];
    }
  /** Nobody executes the run any more, though it has not ended: `watchRun` alone tells it. */
  | { readonly type: 'run-left'; readonly name: string }
  | { readonly type: 'step-started'; readonly step: string; readonly attempt: number; readonly attempts: number }
  /** A mapped step knows its items: `step[0]`, `step[1]`, ... */
  | { readonly type: 'step-expanded'; readonly step: string; readonly items: number }
  | { readonly type: 'step-log'; readonly step: string; readonly line: StepLogLine }
  /** Lines of the step's log could not be kept. Told once for each step. */
  | { readonly type: 'step-log-failed'; readonly step: string; readonly error: RecordedError }
  /** An attempt failed, and the step is tried again. */
  | {
      readonly type: 'step-retrying';
      readonly step: string;
      readonly attempt: number;
      readonly attempts: number;
      readonly error: RecordedError;
    }
  | {
      readonly type: 'step-completed';
      readonly step: string;
      readonly duration: number;
      readonly artifacts: readonly ArtifactRecord[];
      /** Whose result it is, of a step that did not run. */
      readonly cachedFrom?: CachedResult;
    }
  | { readonly type: 'step-failed'; readonly step: string; readonly duration: number; readonly error: RecordedError }
  | { readonly type: 'step-cancelled'; readonly step: string; readonly duration: number; readonly reason: string }
  | { readonly type: 'step-skipped'; readonly step: string; readonly reason: string }
  | {
      readonly type: 'run-ended';
      readonly state: Exclude<RunState, 'running'>;
      readonly duration: number;
      readonly error?: RecordedError;
    }
);

/** Where a run is recorded: in the store that `run` was given, or in memory, where it ends with the process. */
export type RunRecording = 'store' | 'memory';

type WithoutRunId<Event> = Event extends unknown ? Omit<Event, 'runId'> : never;

/** What happens in a run that whoever tells it knows. */
export type UntoldRunEvent = WithoutRunId<RunEvent>;

/** Tells an event of the run that the teller belongs to. */
export type TellEvent = (event: UntoldRunEvent) => void;

/**
 * Where every run of this process tells its events, for whoever traces or measures: `RunEvent`s, by
 * `node:diagnostics_channel`. Subscribing costs a run nothing but the calls.
 */
export const runEventChannel = 'stack:run-event';
