import type { ArtifactLocation, RunRecord, RunState } from './run-store.ts';

/** A run, without what is long of it. */
export type RunSummary = Pick<RunRecord, 'id' | 'name' | 'pipeline' | 'state' | 'startedAt' | 'endedAt'>;

export interface RunSummaryFilter {
  readonly pipeline?: string | undefined;
  readonly state?: RunState | undefined;
  /** Those that ended before, or started before and did not end. */
  readonly before?: Date | undefined;
}

export interface RunDeletion {
  /** The component that has the logs of the run. Those that have its artifacts may have some too. */
  readonly logStore?: string | undefined;
  /** Whether its artifacts stay, as if they had been stored outside a run. Default `false`. */
  readonly keepArtifacts?: boolean | undefined;
  /** Whether artifacts with tags go too. Default `false`: they stay as with `keepArtifacts`. */
  readonly deleteTagged?: boolean | undefined;
  /** Only say what would be deleted. Default `false`. */
  readonly dryRun?: boolean | undefined;
}

/** A run that is no longer there, or would not be. */
export interface DeletedRun extends RunSummary {
  /** How many records of artifacts went with it. */
  readonly artifacts: number;
  /** How many stayed. */
  readonly keptArtifacts: number;
  /** The objects of the artifacts that went. Others may refer to them. */
  readonly objects: readonly ReleasedObjects[];
}

export interface ReleasedObjects {
  readonly store: ArtifactLocation;
  /** Relative to the root of the store. */
  readonly paths: readonly string[];
}

/** Where the objects of a run store's artifacts are, in each artifact store. */
export interface ArtifactPlace {
  /** The folder below the root of an artifact store. */
  readonly folder: string;
  /** Whether nobody else's objects are in the folder: what is in there and not recorded here, is garbage. */
  readonly isOwn: boolean;
  /** Whether objects are being removed from it, or were not long ago: then `findCondemned` knows which. */
  readonly isCollected: boolean;
}

export interface CondemnOptions {
  /** Only say which would be condemned. Default `false`. */
  readonly dryRun?: boolean | undefined;
}

/** Which runs are not kept. Of the rules that fit a run, the one that says most about it counts. */
export interface RetentionRule {
  /** Runs of this pipeline. Default: of all, each by itself. */
  readonly pipeline?: string | undefined;
  /** Runs that ended so. Default: however they ended. */
  readonly state?: Exclude<RunState, 'running'> | undefined;
  /** Milliseconds since a run ended: older ones go. Default: none go for their age. */
  readonly maximumAge?: number | undefined;
  /** How many runs of a pipeline stay, the newest. Default: none go for their number. */
  readonly maximumCount?: number | undefined;
}

/** How runs and artifacts go, and nothing goes that is referred to. Every method commits before it resolves. */
export interface RunKeeping {
  /** The newest first. */
  summarizeRuns(filter?: RunSummaryFilter): Promise<readonly RunSummary[]>;
  /**
   * Deletes a run with all that is recorded of it. Artifacts that steps of other runs have loaded stay until those runs are
   * deleted too. Rejects with `RUN_NOT_FOUND` or `AMBIGUOUS`, and with `RUN_HELD` while
   * another process, or another part of this one, executes it. Its logs and objects are for the caller to remove, and for
   * `listDeletedRuns` and `condemnObjects` to find.
   */
  deleteRun(reference: string, options?: RunDeletion): Promise<DeletedRun>;
  /** The ids of deleted runs whose logs may still be in a component. */
  listDeletedRuns(component: string): Promise<readonly string[]>;
  /** Forgets a deleted run, of which the component has no logs any more. */
  forgetDeletedRun(runId: string, component: string): Promise<void>;
  retentionRules(): Promise<readonly RetentionRule[]>;
  /** Puts other rules in the place of those that there are. */
  putRetentionRules(rules: readonly RetentionRule[]): Promise<void>;
  artifactPlace(): Promise<ArtifactPlace>;
  /**
   * Condemns those of the paths that no artifact refers to, and gives them: from then on no artifact is recorded that refers
   * to one, so that whoever condemned them may remove the objects. They are forgotten when a day has passed and all runs
   * have ended that were recorded before: by then nobody removes them any more, or counts on what was there.
   */
  condemnObjects(paths: readonly string[], options?: CondemnOptions): Promise<readonly string[]>;
  /** Those of the paths that are condemned. */
  findCondemned(paths: readonly string[]): Promise<readonly string[]>;
}
