import {
  checkName,
  configError,
  type FailurePolicy,
  type JsonObject,
  type JsonSchema,
  type JsonValue,
  type PipelineSource,
  type Plan,
  type PlanStep,
  type Problem,
  type SettingsBySelector,
  StackError,
  type StepPlace,
  type StepRunner,
} from '@stack/core';
import * as z from 'zod';
import { materializerNamed } from '../artifacts/artifact-content.ts';
import { builtInMaterializers, itemListMaterializer } from '../artifacts/built-in-materializers.ts';
import { formatJsonProblems, inspectJson } from '../artifacts/json-data.ts';
import type { Materializer } from '../artifacts/materializer.ts';
import { captureCodeOrigin } from '../code-identity/code-origin.ts';
import type { AttemptOrder } from '../engine/attempt-elsewhere.ts';
import type { PipelineHookContext } from '../engine/pipeline-hooks.ts';
import { recordedRunConfig } from '../engine/recorded-plan.ts';
import {
  type CompiledPipeline,
  type PipelineRun,
  type ResumeOptions,
  type RunOptions,
  resumeRun,
  runPipeline,
} from '../engine/run-pipeline.ts';
import { runStep } from '../engine/run-step.ts';
import { checkFailures } from '../engine/settings-of-run.ts';
import {
  failurePolicies,
  mergeParameters,
  parseRunConfig,
  type RunConfig,
  runConfigOfStep,
  unknownSteps,
} from '../run-config/run-config.ts';
import { settingsInCode } from '../settings/settings-in-code.ts';
import { settingsLayers } from '../settings/settings-layers.ts';
import { Compilation, withCompilation } from './compilation.ts';
import { deepFreeze } from './deep-freeze.ts';
import { InputFailures } from './input-failures.ts';
import type { OutputHandle } from './output-handle.ts';
import {
  type ParametersInput,
  type ParametersOutput,
  type ParametersSchema,
  parametersJsonSchema,
  parseParameters,
  parsePartialParameters,
} from './parameters.ts';

const brand: unique symbol = Symbol.for('@stack/pipeline') as never;

const noParameters = z.object({});

type NoParameters = typeof noParameters;

/** The values behind what the function of a pipeline returned. */
export type PipelineResult<Returned> =
  Returned extends OutputHandle<infer Value>
    ? Value
    : Returned extends object
      ? { readonly [Key in keyof Returned]: PipelineResult<Returned[Key]> }
      : Returned;

export interface PipelineOptions<Parameters extends ParametersSchema> {
  /** Letters, digits, `.`, `_` and `-`. */
  readonly name: string;
  /**
   * What a run can be given: a zod object, or one of another library that speaks Standard JSON Schema. The parsed values
   * are JSON. Default: nothing.
   */
  readonly parameters?: Parameters;
  /** How values are stored that the built-in materializers do not take. Default: none. */
  readonly materializers?: readonly Materializer[];
  /**
   * Settings of components for the run and all of its steps, by selector: `type`, `type.flavor` or `type:name`.
   * `settingsFor` of `@stack/core` makes them with their types checked. Default: the components' own.
   */
  readonly settings?: SettingsBySelector | undefined;
  /** What a run does after a step failed. A run config is stronger. Default: `continue` with what does not depend on it. */
  readonly failurePolicy?: FailurePolicy;
  /**
   * Called when a run is recorded, before its first step. What a hook throws is a warning of the process, and fails nothing. One
   * that does not end within 5 s of the cancellation of the run is left alone.
   */
  readonly onStart?: (run: PipelineHookContext) => unknown;
  /** Called when all steps have ended well, before that is recorded: once more if the process is killed in between. */
  readonly onSuccess?: (run: PipelineHookContext) => unknown;
  /** Called with what the first failed step threw, before that is recorded. Not for a run that is cancelled. */
  readonly onFailure?: (run: PipelineHookContext, error: unknown) => unknown;
  /** Whether results of earlier runs are taken, where the steps allow it. Default `true`. */
  readonly cache?: boolean;
}

export interface PlanOptions {
  /** What the run is to do other than the pipeline says: parameters, settings, its name. Default: nothing. */
  readonly config?: RunConfig | undefined;
  /** What messages call the run config, such as its file. Default: the pipeline. */
  readonly configName?: string | undefined;
  /** What was wrong with parameters where they were read, to be told together with the rest. Default: nothing. */
  readonly parameterProblems?: readonly Problem[] | undefined;
  /** Where a worker finds the pipeline. Default: nowhere, so that it runs in this process alone. */
  readonly source?: PipelineSource | undefined;
}

/** A pipeline. Made by `pipeline`. */
export interface Pipeline<Parameters extends ParametersSchema, Result> extends StepRunner {
  readonly [brand]: true;
  readonly name: string;
  /** JSON Schema of what a run takes as parameters: what `coerceOptions` of `@stack/core` reads flags by. */
  readonly parametersJsonSchema: JsonSchema;
  /** Those that were given, beside the built-in ones. */
  readonly materializers: readonly Materializer[];
  /**
   * Compiles the pipeline for certain parameters: plain, frozen JSON.
   *
   * @throws CONFIG_INVALID or OPTION_UNKNOWN with every problem of the parameters and the run config, whose settings are
   *   checked on a stack
   * @throws PIPELINE_INVALID for a pipeline that is no valid graph of steps
   * @throws MATERIALIZER_NOT_FOUND for a materializer that a step names and the pipeline does not have
   * @throws OUTPUT_HANDLE_MISUSED when its function uses the output of a step as a value
   */
  plan(parameters: Partial<ParametersInput<Parameters>>, options: PlanOptions & { readonly config: RunConfig }): Plan;
  plan(parameters: ParametersInput<Parameters>, options?: PlanOptions): Plan;
  /**
   * Runs the pipeline on a stack, to its end.
   *
   * @throws RUN_FAILED when a step failed, with what it threw as the cause
   * @throws ABORTED when the run was cancelled
   * @throws RUN_LEASE_LOST when another process has taken the run, since this one was stopped or cut off for long
   * @throws CONFIG_INVALID, OPTION_UNKNOWN or SECRET_NOT_FOUND with every problem of the parameters, the run config, the
   *   settings and the name, before anything runs
   * @throws what `plan` throws
   */
  run(
    parameters: Partial<ParametersInput<Parameters>>,
    options: RunOptions & PlanOptions & { readonly config: RunConfig },
  ): Promise<PipelineRun<Result>>;
  run(parameters: ParametersInput<Parameters>, options: RunOptions & PlanOptions): Promise<PipelineRun<Result>>;
  /**
   * Goes on with a run that has not ended, since its process did: what is completed stays, and what was running is run
   * again.
   *
   * @param run its name, its id, or the beginning of its id
   * @throws RUN_HELD while a process executes it
   * @throws RUN_NOT_RESUMABLE when it has ended, is of another pipeline or stack, or was given secrets
   * @throws RUN_CODE_CHANGED when the pipeline or the code of its steps is another than when the run started
   * @throws what `run` throws
   */
  resume(run: string, options: ResumeOptions): Promise<PipelineRun<Result>>;
}

/** A pipeline of whatever parameters and result. */
export type AnyPipeline = Pipeline<ParametersSchema, unknown>;

/**
 * Defines a pipeline. Its function calls steps, and hands the handles that one returns to others. It runs each time
 * that the pipeline is planned, is not asynchronous, and makes the same calls for the same parameters.
 *
 * @throws ARGUMENT_INVALID for a name, failure policy, hook or settings that cannot be
 * @throws PIPELINE_INVALID for an asynchronous function, for two materializers of one name, and for parameters that
 *   have no JSON Schema
 */
export function pipeline<Returned, Parameters extends ParametersSchema = NoParameters>(
  options: PipelineOptions<Parameters>,
  define: (parameters: ParametersOutput<Parameters>) => Returned,
): Pipeline<Parameters, PipelineResult<Returned>> {
  const { name, materializers = [] } = options;
  // Without a schema `Parameters` is `NoParameters`, which this is.
  const schema = options.parameters ?? (noParameters as ParametersSchema as Parameters);
  checkName('pipeline', name);
  checkMaterializers(name, materializers);
  checkOptions(options);
  const subject = `the pipeline "${name}"`;
  const jsonSchema = jsonSchemaOf(name, schema);
  if (define.constructor.name === 'AsyncFunction') throw asynchronousError(name);
  const origin = captureCodeOrigin();

  const settings = settingsInCode(options.settings, `pipeline "${name}"`);
  const compile = (
    input: Partial<ParametersInput<Parameters>>,
    { source, config: givenConfig = {}, configName = subject, parameterProblems = [] }: PlanOptions = {},
  ): CompiledPipeline => {
    const failures = new InputFailures();
    const config = failures.check(() => parseRunConfig(givenConfig, configName)) ?? {};
    const merged = config.parameters === undefined ? input : mergeParameters(config.parameters, input as JsonObject);
    const isPartial = parameterProblems.length + failures.errors.length > 0;
    const parameters = failures.check(() => {
      if (isPartial) return parsePartialParameters(schema, jsonSchema, merged, subject, parameterProblems);
      const parsed = parseParameters(schema, jsonSchema, merged, subject);
      checkParameters(name, parsed);
      return parsed;
    });
    const failurePolicy = config.failurePolicy ?? options.failurePolicy ?? 'continue';
    const planOf = (kept: JsonObject, steps: readonly PlanStep[]): Plan =>
      deepFreeze({
        planVersion: 1,
        pipeline: name,
        source,
        parameters: kept,
        ...(failurePolicy === 'continue' ? {} : { failurePolicy }),
        ...(options.cache === false ? { cache: false } : {}),
        ...settingsLayers(['pipeline', settings], ['run-config', config.settings]),
        steps,
      });
    const compiled = { origin, materializers, hooks: options, runName: config.runName, failures: failures.errors };
    if (parameters === undefined) {
      return { ...compiled, plan: planOf({}, []), definitions: new Map(), result: undefined, problems: [] };
    }
    const kept = structuredClone(parameters) as JsonObject;
    const compilation = new Compilation(name, origin);
    const returned = withCompilation(compilation, () => define(parameters));
    if (returned instanceof Promise) {
      returned.catch(() => {});
      throw asynchronousError(name);
    }
    const result = returned === undefined ? undefined : compilation.toPlanInput(returned, 'what its function returns');
    const { definitions } = compilation;
    if (compilation.steps.length === 0) throw compilation.invalid('its function calls no step.');
    checkNamedMaterializers(compilation.steps, materializers);
    const steps = compilation.steps.map((planned) => ({
      ...planned,
      ...settingsLayers(
        ['step', definitions.get(planned.name)?.settings],
        ['run-config-step', runConfigOfStep(config, planned.name).settings],
      ),
    }));
    const problems = unknownSteps(
      config,
      steps.map((planned) => planned.name),
    );
    return { ...compiled, plan: planOf(kept, steps), definitions, result, problems };
  };
  return Object.freeze({
    [brand]: true as const,
    name,
    parametersJsonSchema: jsonSchema,
    materializers: Object.freeze([...materializers]),
    plan: (parameters: Partial<ParametersInput<Parameters>>, planOptions?: PlanOptions) => {
      const { plan, problems, failures } = compile(parameters, planOptions);
      checkFailures([...failures, ...(problems.length === 0 ? [] : [configError(subject, problems, 'run config')])]);
      return plan;
    },
    run: async (parameters: Partial<ParametersInput<Parameters>>, runOptions: RunOptions & PlanOptions) =>
      (await runPipeline(compile(parameters, runOptions), runOptions)) as PipelineRun<PipelineResult<Returned>>,
    resume: async (run: string, resumeOptions: ResumeOptions) => {
      const compileAgain = (recorded: Plan): CompiledPipeline => {
        checkPipelineOf(recorded, name);
        const planOptions = { source: recorded.source, config: recordedRunConfig(recorded) };
        return compile(recorded.parameters as Partial<ParametersInput<Parameters>>, planOptions);
      };
      return (await resumeRun(run, compileAgain, resumeOptions)) as PipelineRun<PipelineResult<Returned>>;
    },
    runStep: async (attempt: JsonValue, place: StepPlace) => {
      const order = attempt as unknown as AttemptOrder;
      const parameters = order.parameters as Partial<ParametersInput<Parameters>>;
      await runStep(compile(parameters, { config: order.config }), order, place);
    },
  });
}

function checkPipelineOf({ pipeline: ofRun }: Plan, name: string): void {
  if (ofRun === name) return;
  throw new StackError({
    code: 'RUN_NOT_RESUMABLE',
    message: `The run is one of the pipeline "${ofRun}", and not of "${name}".`,
    hint: 'Resume it by its own pipeline.',
  });
}

/** Whether a value is a pipeline, of any copy of this package. */
export function isPipeline(value: unknown): value is AnyPipeline {
  return typeof value === 'object' && value !== null && brand in value;
}

function checkOptions({
  name,
  failurePolicy = 'continue',
  onStart,
  onSuccess,
  onFailure,
}: PipelineOptions<ParametersSchema>): void {
  const problem = !failurePolicies.includes(failurePolicy)
    ? `has a failure policy that is none of ${failurePolicies.join(', ')}`
    : [onStart, onSuccess, onFailure].some((hook) => hook !== undefined && typeof hook !== 'function')
      ? 'has a hook that is no function'
      : undefined;
  if (problem === undefined) return;
  throw new StackError({ code: 'ARGUMENT_INVALID', message: `The pipeline "${name}" ${problem}.` });
}

function checkMaterializers(pipelineName: string, materializers: readonly Materializer[]): void {
  const names = [...builtInMaterializers, ...materializers].map(({ name }) => name).concat(itemListMaterializer);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated === undefined) return;
  throw new StackError({
    code: 'PIPELINE_INVALID',
    message: `The pipeline "${pipelineName}" has two materializers of the name "${repeated}", the built-in ones counted.`,
  });
}

/** @throws MATERIALIZER_NOT_FOUND for one that a step names and the pipeline does not have */
function checkNamedMaterializers(steps: readonly PlanStep[], materializers: readonly Materializer[]): void {
  for (const { name, materializers: named = {} } of steps) {
    for (const materializer of Object.values(named)) {
      materializerNamed(materializer, materializers, `The step "${name}" names`);
    }
  }
}

function jsonSchemaOf(pipelineName: string, schema: ParametersSchema): JsonSchema {
  try {
    return parametersJsonSchema(schema);
  } catch (error) {
    throw new StackError({
      code: 'PIPELINE_INVALID',
      message: `The parameters of the pipeline "${pipelineName}" have no JSON Schema: ${error instanceof Error ? error.message : error}`,
      hint: 'Give them as an object of a schema library, with the types that JSON has, e.g. z.iso.date() for a date.',
      cause: error,
    });
  }
}

function checkParameters(pipelineName: string, parameters: unknown): void {
  const { problems } = inspectJson(parameters);
  if (problems.length === 0) return;
  throw new StackError({
    code: 'PIPELINE_INVALID',
    message: `The parameters of the pipeline "${pipelineName}" are not JSON once parsed:\n${formatJsonProblems(problems)}`,
    hint: 'Use a schema without transforms and secrets: what a step needs of both, it gets from the components of its stack.',
    problems,
  });
}

function asynchronousError(pipelineName: string): StackError {
  return new StackError({
    code: 'PIPELINE_INVALID',
    message: `The function of the pipeline "${pipelineName}" is asynchronous.`,
    hint: 'Make it a plain function: it only connects steps. What has to be awaited belongs into a step.',
  });
}
