import {
  configError,
  didYouMean,
  type FailurePolicy,
  isPlainObject,
  type JsonObject,
  type Problem,
  parseConfig,
  type SettingsBySelector,
} from '@stack/core';
import * as z from 'zod';
import { inspectJson } from '../artifacts/json-data.ts';

/** What a run is to do other than its pipeline says: the content of a run-config file. */
export interface RunConfig {
  /** Values of parameters. What a run is given as parameters is stronger, field by field. */
  readonly parameters?: JsonObject | undefined;
  /** Over the settings of the pipeline, and below those of its steps. */
  readonly settings?: SettingsBySelector | undefined;
  /** By name of the step in the plan. Over all others. */
  readonly steps?: Readonly<Record<string, { readonly settings?: SettingsBySelector | undefined }>> | undefined;
  /** What the run does after a step failed. Over that of the pipeline. */
  readonly failurePolicy?: FailurePolicy | undefined;
  /** The name of the run, where it is given no other. */
  readonly runName?: string | undefined;
  /** Name of the stack that the `stack` command runs on, unless it is told another. */
  readonly stack?: string | undefined;
}

export const failurePolicies = ['continue', 'finish-running', 'fail-fast'] as const satisfies readonly FailurePolicy[];

const settingsSchema = z.record(z.string(), z.record(z.string(), z.unknown()));

const runConfigSchema = z.object({
  parameters: z.record(z.string(), z.unknown()).optional(),
  settings: settingsSchema.optional(),
  steps: z.record(z.string(), z.strictObject({ settings: settingsSchema.optional() })).optional(),
  failurePolicy: z.enum(failurePolicies).optional(),
  runName: z.string().min(1).optional(),
  stack: z.string().min(1).optional(),
});

/**
 * Reads the content of a run-config file.
 *
 * @param subject what it is called in messages, e.g. the name of the file
 * @throws CONFIG_INVALID or OPTION_UNKNOWN with every problem, and the nearest names
 */
export function parseRunConfig(content: unknown, subject: string): RunConfig {
  const { problems } = inspectJson(content);
  if (problems.length > 0) throw configError(subject, problems, 'run config');
  parseConfig(runConfigSchema, content, subject, 'run config');
  // A copy of what was parsed, not what the parse made of it: that lacks keys such as "__proto__", which are refused
  // later on, as all names that nothing has.
  return JSON.parse(JSON.stringify(content)) as RunConfig;
}

/** What a run config says of one step. */
export function runConfigOfStep(
  { steps = {} }: RunConfig,
  step: string,
): { readonly settings?: SettingsBySelector | undefined } {
  return (Object.hasOwn(steps, step) ? steps[step] : undefined) ?? {};
}

/** A problem for each step of a run config that the plan does not have. */
export function unknownSteps({ steps = {} }: RunConfig, known: readonly string[]): Problem[] {
  const names = new Set(known);
  return Object.keys(steps)
    .filter((step) => !names.has(step))
    .map((step) => ({
      path: `steps.${step}`,
      message: 'the pipeline has no such step (in the run config)',
      hint: didYouMean(step, known) ?? `It has ${known.join(', ')}.`,
      code: 'STEP_NOT_FOUND',
    }));
}

/** The parameters of a run: those it was given over those of its config. Objects merge, lists and all else replace. */
export function mergeParameters(below: JsonObject, above: JsonObject): JsonObject {
  const merged = new Map(Object.entries(below));
  for (const [key, value] of Object.entries(above)) {
    const existing = merged.get(key);
    if (value === undefined) continue;
    const isMerged = isPlainObject(existing) && isPlainObject(value);
    merged.set(key, isMerged ? mergeParameters(existing as JsonObject, value as JsonObject) : value);
  }
  return Object.fromEntries(merged);
}
