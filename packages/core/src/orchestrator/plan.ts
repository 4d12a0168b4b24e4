import type { Backoff } from '../backoff.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import type { SettingsLayer } from '../settings/settings-layer.ts';

/**
 * A pipeline, compiled: plain data that an orchestrator runs, wherever that is. A plan is never changed once a run
 * has it.
 */
export interface Plan {
  readonly planVersion: 1;
  /** Name of the pipeline. */
  readonly pipeline: string;
  /** Where a worker finds the pipeline; `undefined` when it can run in this process alone. */
  readonly source: PipelineSource | undefined;
  readonly parameters: JsonObject;
  /**
   * What the pipeline and the run say of settings, the weakest first, as it was given: whose components it is for is
   * decided on the stack that the plan runs on, and references to secrets are not resolved. Absent for nothing.
   */
  readonly settings?: readonly SettingsLayer[];
  /** Absent where results of earlier runs may be taken. */
  readonly cache?: false;
  /** What the code of its steps is made of: a label, such as `src/train.ts#fit`, and what is compared. Absent for nothing. */
  readonly codeParts?: readonly (readonly [label: string, value: string])[];
  /** Absent for `continue`. */
  readonly failurePolicy?: FailurePolicy;
  /** Every step stands after those it depends on. */
  readonly steps: readonly PlanStep[];
}

/**
 * What a run does after a step failed: `continue` with all that does not depend on it, `finish-running`: start nothing
 * more, `fail-fast`: cancel what runs, too.
 */
export type FailurePolicy = 'continue' | 'finish-running' | 'fail-fast';

/** The module and export that a worker imports. */
export interface PipelineSource {
  /** A file URL. */
  readonly module: string;
  readonly export: string;
}

export interface PlanStep {
  /** Unique in the plan. */
  readonly name: string;
  /** The steps whose outputs it takes, or that it was told to wait for. */
  readonly upstream: readonly string[];
  readonly inputs: Readonly<Record<string, PlanInput>>;
  /** Names of its outputs; `output` where the step has a single one. */
  readonly outputs: readonly string[];
  /** Names of the materializers that outputs are stored by, where the step says so. Absent for those found by the values. */
  readonly materializers?: Readonly<Record<string, string>>;
  /** How often it is tried before it counts as failed; at least 1. */
  readonly attempts: number;
  /** How long to wait between two attempts. Absent for not at all. */
  readonly backoff?: Backoff;
  /** Milliseconds that one attempt may take. Absent for no limit. */
  readonly timeout?: number;
  /** The step is skipped unless this input is `expected`. */
  readonly condition?: { readonly input: PlanInput; readonly expected: boolean };
  /** A list: the step runs once for each item of it, which is what inputs of the kind `item` stand for. */
  readonly map?: PlanInput;
  /** What the step and the run say of settings for this step, the weakest first, over those of the plan. */
  readonly settings?: readonly SettingsLayer[];
  /** What its code is. Absent until the plan is that of a run that is recorded in a project. */
  readonly code?: StepCode;
}

/** What the code of a step is, by which it can be told from another. */
export type StepCode =
  | {
      /** Equal for two steps only if their code, and all of the project that it reaches, does the same. */
      readonly digest: string;
      /** Places in `codeParts` of the plan. */
      readonly parts: readonly number[];
    }
  /** Why that cannot be known. */
  | { readonly uncacheable: string };

/** An input: a value, the output of another step, or data with outputs inside. */
export type PlanInput =
  | { readonly kind: 'value'; readonly value: JsonValue }
  /** With `isOptional`, nothing where its step was skipped; with `isStream`, a stream of its stored bytes. */
  | {
      readonly kind: 'output';
      readonly step: string;
      readonly output: string;
      readonly isOptional?: true;
      readonly isStream?: true;
    }
  /** The item of the list that a step with `map` runs for. */
  | { readonly kind: 'item' }
  | { readonly kind: 'list'; readonly items: readonly PlanInput[] }
  | { readonly kind: 'object'; readonly fields: Readonly<Record<string, PlanInput>> };
