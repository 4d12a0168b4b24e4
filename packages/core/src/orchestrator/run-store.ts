import type { JsonObject } from '../json.ts';
import type { Plan } from './plan.ts';
import type { RunKeeping } from './run-keeping.ts';
import type { StepProgram } from './step-task.ts';

export type RunState = 'running' | 'completed' | 'failed' | 'cancelled';

/** `skipped`: something it depends on did not complete. `cancelled`: the run was cancelled while it ran. */
export type StepState = 'pending' | 'running' | 'completed' | 'failed' | 'skipped' | 'cancelled';

/** An error as it is kept with a run: masked, without a stack of other people's frames. */
export interface RecordedError {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly stack?: string;
}

export interface RunRecord {
  readonly id: string;
  /** Unique in the project. */
  readonly name: string;
  readonly pipeline: string;
  /** Name of the stack it ran on. */
  readonly stack: string;
  readonly state: RunState;
  readonly plan: Plan;
  readonly error: RecordedError | undefined;
  /** `logged` has what steps and people logged, `components` what those of the stack said. */
  readonly metadata: JsonObject;
  /** How often it was taken up: 1 for a run that its first holder ran to its end. */
  readonly epoch: number;
  /** Who took it up last and did not give it back. A run that is `running` without one goes on when it is resumed. */
  readonly holder: RunHolder | undefined;
  readonly startedAt: Date;
  readonly endedAt: Date | undefined;
}

/** The process that executes a run, or did until it ended. */
export interface RunHolder {
  readonly host: string;
  readonly pid: number;
  readonly since: Date;
  /** Whether the process has ended: then the run goes on when it is resumed. One that is stopped has not. */
  readonly hasEnded: boolean;
}

/** Whether a run has not ended, and nobody executes it any more: it goes on when it is resumed. */
export function isRunLeft({ state, holder }: Pick<RunRecord, 'state' | 'holder'>): boolean {
  return state === 'running' && (holder === undefined || holder.hasEnded);
}

/**
 * A right to write the state of a run: that of the holder of this epoch, and of whom it gives it to, as a process that
 * runs a step for it. It is plain data.
 */
export interface RunFence {
  readonly runId: string;
  readonly epoch: number;
}

/**
 * Holds a run for this process: no other one takes it while this process lives and is not stopped for long. Dispose of it
 * to give the run back.
 */
export interface RunLease extends RunFence, AsyncDisposable {
  /** Aborted, with `RUN_LEASE_LOST` as its reason, when it is known that another process has taken the run. */
  readonly lost: AbortSignal;
  /**
   * To be called before code of others runs that may keep the process busy: from then on the lease is kept all the same.
   * Recording that a step runs does it too.
   */
  keepWhileBusy(): void;
}

export interface ClaimOptions {
  /** Whether to wait until the holder gives the run back, ends, or is stopped for long. Default `false`: `RUN_HELD`. */
  readonly wait?: boolean;
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
}

export interface StepRunRecord {
  readonly runId: string;
  readonly step: string;
  /** Place in the plan, from 0; that of its step for an item of a mapped one. */
  readonly index: number;
  /** Place in the list that its step is mapped over, from 0; `undefined` for what is no item. */
  readonly item: number | undefined;
  readonly state: StepState;
  /** 0 before the first attempt. */
  readonly attempt: number;
  /** How many attempts ended because the process that held the run did. */
  readonly interruptions: number;
  readonly error: RecordedError | undefined;
  /** Why it was skipped or cancelled. */
  readonly reason: string | undefined;
  /** What its result can be reused for, or was taken from. `undefined` before its end, and where nothing was decided. */
  readonly caching: StepCaching | undefined;
  /** The artifacts that it took, of a step run that completed. */
  readonly inputs: readonly StepInput[];
  /** `logged` has what it logged, `components` what those of the stack said. */
  readonly metadata: JsonObject;
  readonly startedAt: Date | undefined;
  readonly endedAt: Date | undefined;
}

/** An artifact that a step run took. It need not exist any more. */
export interface StepInput {
  /** Name of the input; of an artifact that the step asked for by itself, the reference that it gave; else `condition`. */
  readonly input: string;
  readonly artifactId: string;
  /** Whether the step asked for it by itself. */
  readonly isLoaded?: true;
  /** Whether the step ran because of what it says. */
  readonly isCondition?: true;
}

/** Whether the result of a step run may be that of others, and was that of another. */
export type StepCaching =
  /** It is computed anew each time. */
  | { readonly state: 'off'; readonly reason: string }
  /** It was computed, for later step runs of the same key. */
  | (CacheKey & {
      readonly state: 'computed';
      /** Why an earlier result of this key was not taken. */
      readonly refused?: string;
    })
  | (CacheKey & { readonly state: 'cached'; readonly from: CachedResult });

export interface CacheKey {
  /** Equal for two step runs only if all that their results depend on is. */
  readonly key: string;
  /** What the key is made of, by label, such as `input:rows`: digests, of which the values cannot be guessed. */
  readonly ingredients: Readonly<Record<string, string>>;
}

/** The step run that computed a result. */
export interface CachedResult {
  readonly runId: string;
  readonly step: string;
  /** ISO 8601. */
  readonly computedAt: string;
}

/** A value that was stored, and where its bytes are. */
export interface ArtifactRecord extends StoredObject {
  readonly id: string;
  /** What it is found by, as the newest of its name: of an output `<pipeline>/<step>/<output>`. */
  readonly name: string;
  /** Counts the artifacts of a name from 1. None is given twice, also when artifacts are deleted. */
  readonly version: number;
  /** In alphabetical order. Of the artifacts of a name, one at most has a tag. */
  readonly tags: readonly string[];
  /** The run and step that stored it; `undefined` for what was stored outside a run. */
  readonly runId: string | undefined;
  readonly step: string | undefined;
  /** `undefined` for what is no output, and was stored under a name. */
  readonly output: string | undefined;
  /** Name of the materializer that wrote it. */
  readonly materializer: string;
  /** Version of that materializer: what its bytes mean. */
  readonly materializerVersion: number;
  /** The component that holds the bytes, so that they can be loaded whatever stack is active. */
  readonly store: ArtifactLocation;
  /** The objects beside the one at `path` that are part of it, such as the files of a directory. */
  readonly contents: readonly StoredObject[];
  /** What shows it to people. */
  readonly visualizations: readonly ArtifactVisualization[];
  /** JSON Schema of the value, where the step gave a schema; else what its materializer says of it, such as the columns of a table. */
  readonly schema: JsonObject | undefined;
  readonly metadata: JsonObject;
  readonly createdAt: Date;
}

/** An artifact that is about to be recorded: its version is counted then. */
export type NewArtifact = Omit<ArtifactRecord, 'version'>;

/** An object of an artifact store, as it was written. */
export interface StoredObject {
  /** Relative to the root of the store. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** A view of an artifact that is kept beside it. */
export interface ArtifactVisualization extends StoredObject {
  /** Unique in the artifact. */
  readonly name: string;
  readonly type: 'html' | 'markdown' | 'csv' | 'image';
  /** E.g. `image/png`. */
  readonly mediaType: string;
}

/** What is needed to open an artifact store again. References to secrets are not resolved. */
export interface ArtifactLocation {
  readonly component: string;
  readonly flavor: string;
  readonly root: string;
}

export interface RunStart {
  readonly id: string;
  readonly name: string;
  readonly stack: string;
  readonly plan: Plan;
  readonly metadata: JsonObject;
}

/** A change of a step's state, with everything that comes into being with it. */
export type StepChange =
  | { readonly state: 'running'; readonly attempt: number }
  | {
      readonly state: 'completed';
      readonly artifacts: readonly NewArtifact[];
      /** The artifacts that it took. Default: none. */
      readonly inputs?: readonly StepInput[] | undefined;
      readonly metadata: JsonObject;
      /** What it logged of its run. Default: nothing. */
      readonly runMetadata?: JsonObject | undefined;
      readonly caching?: StepCaching | undefined;
      /** The step that starts in its place: recorded as running with it, or not at all. Default: none. */
      readonly next?: { readonly step: string; readonly attempt: number } | undefined;
    }
  | {
      readonly state: 'failed';
      readonly error: RecordedError;
      readonly metadata: JsonObject;
      readonly caching?: StepCaching | undefined;
    }
  | { readonly state: 'skipped' | 'cancelled'; readonly reason: string };

export interface RunFilter {
  readonly pipeline?: string | undefined;
  readonly state?: RunState | undefined;
  /** At most so many, the newest first. Default 50. */
  readonly limit?: number | undefined;
}

export interface ArtifactFilter {
  readonly runId?: string | undefined;
  readonly step?: string | undefined;
  readonly name?: string | undefined;
  /** At most so many, the newest first. Default 50. */
  readonly limit?: number | undefined;
  /** Only those that are older than the one of this id: the last of a page gives the next one. */
  readonly after?: string | undefined;
}

/** What metadata is logged of: references to an artifact, or to a run and a step of it. */
export type MetadataTarget =
  | { readonly artifact: string }
  | { readonly run: string; readonly step?: string | undefined };

export interface TagChange {
  /** Each is taken from the artifact of the name that has it. */
  readonly add?: readonly string[];
  readonly remove?: readonly string[];
}

/**
 * Where runs are recorded. Every method commits before it resolves: what it recorded survives the end of the process.
 *
 * What changes the state of a run takes a `RunFence`, and rejects with `RUN_LEASE_LOST` once another process has taken the
 * run: then nothing of the change is kept. So of two processes that execute a run, only one records anything.
 */
export interface RunStore extends RunKeeping {
  /** Runs steps of its runs in a process of their own. `undefined` for a store that no other process can open. */
  readonly stepProgram?: StepProgram | undefined;
  /** Records a run and all its steps as pending, and holds it. Rejects with `ALREADY_EXISTS` for a name that is taken. */
  startRun(run: RunStart): Promise<RunLease>;
  /**
   * Takes a run that nobody holds any more, so that it can go on. Steps that were running are pending again, and their
   * attempts count as interrupted. Rejects with `RUN_NOT_FOUND`, `RUN_NOT_RESUMABLE` for a run that has ended, and
   * `RUN_HELD` while another process, or another part of this one, executes it.
   */
  claimRun(reference: string, options?: ClaimOptions): Promise<RunLease>;
  /**
   * Records a change of a step, and gives the artifacts that came into being with it, in the order in which they are in the
   * change. Rejects with `RUN_NOT_FOUND` or `STEP_NOT_FOUND`, and with `PRECONDITION_FAILED` when the run or the step has
   * ended, or the attempt has begun already, or that of `next`: then nothing of the change is kept.
   */
  recordStep(fence: RunFence, step: string, change: StepChange): Promise<readonly ArtifactRecord[]>;
  /**
   * Records that a mapped step runs, and its items as pending steps of these names, in the order of its list; of a run that
   * goes on, those that are recorded stay as they are. Rejects with
   * `RUN_NOT_FOUND` or `STEP_NOT_FOUND`, and with `PRECONDITION_FAILED` when the run has ended, or the step is not pending.
   */
  recordItems(fence: RunFence, step: string, items: readonly string[]): Promise<void>;
  /**
   * Puts another plan in the place of a run's, with the same steps. Rejects with `RUN_NOT_FOUND`, and with
   * `PRECONDITION_FAILED` when the run has ended.
   */
  recordPlan(fence: RunFence, plan: Plan): Promise<void>;
  /** Ends a run and gives it back. Rejects with `RUN_NOT_FOUND`, and with `PRECONDITION_FAILED` when the run has ended. */
  endRun(
    fence: RunFence,
    end: { readonly state: Exclude<RunState, 'running'>; readonly error?: RecordedError },
  ): Promise<void>;
  /** By id or name; else by the beginning of an id. Rejects with `RUN_NOT_FOUND` or `AMBIGUOUS`. */
  getRun(reference: string): Promise<RunRecord>;
  /** The newest first. */
  listRuns(filter?: RunFilter): Promise<readonly RunRecord[]>;
  /** In the order of the plan, the items of a mapped step after it. Rejects with `RUN_NOT_FOUND`. */
  listStepRuns(runId: string): Promise<readonly StepRunRecord[]>;
  /** The newest step run that completed with one of these cache keys; `undefined` for none. */
  findCached(keys: readonly string[]): Promise<StepRunRecord | undefined>;
  /** A secret of this store, the same for ever: digests that are made with it give away nothing of short values. */
  digestKey(): Promise<string>;
  /** Records an artifact that comes from no run. Rejects with `ARTIFACT_COLLECTED` when objects of it were removed meanwhile. */
  saveArtifact(artifact: NewArtifact): Promise<ArtifactRecord>;
  /**
   * Adds metadata to what is recorded, in the place of what has the same keys: of a run and a step to what is `logged`.
   * Rejects with `ARTIFACT_NOT_FOUND`, `RUN_NOT_FOUND`, `STEP_NOT_FOUND`, `AMBIGUOUS` or `ARGUMENT_INVALID`.
   */
  addMetadata(target: MetadataTarget, metadata: JsonObject): Promise<void>;
  /**
   * Gives an artifact tags, and takes tags from it. Rejects with what `getArtifact` does, with `ARGUMENT_INVALID` for a text
   * that cannot be a tag, and for one to remove that it does not have.
   */
  changeTags(reference: string, change: TagChange): Promise<ArtifactRecord>;
  /**
   * By `NAME@VERSION` or `NAME@TAG`; else by id, by name the newest, or by the beginning of an id. Rejects with
   * `ARTIFACT_NOT_FOUND`, `AMBIGUOUS`, or `ARGUMENT_INVALID` for what is no reference.
   */
  getArtifact(reference: string): Promise<ArtifactRecord>;
  /** The newest first. Rejects with `ARTIFACT_NOT_FOUND` when there is none to come after. */
  listArtifacts(filter?: ArtifactFilter): Promise<readonly ArtifactRecord[]>;
  /**
   * The completed step runs that loaded an artifact by themselves, in the order of their runs and plans. Those that took it as
   * an input are of its run, and have it in their `inputs`.
   */
  listLoads(artifactId: string): Promise<readonly StepRunRecord[]>;
  /** The step runs that took the result of this one from the cache, in the order of their ends. */
  listReuses(stepRun: StepRunRecord): Promise<readonly StepRunRecord[]>;
}
