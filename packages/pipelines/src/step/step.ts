import { type Backoff, checkName, defaultBackoff, type SettingsBySelector, StackError } from '@stack/core';
import type { OutputOptions } from '../artifacts/output-options.ts';
import { type CacheOptions, readCacheOptions, type StepCacheOptions } from '../cache/cache-options.ts';
import { type CodeOrigin, captureCodeOrigin } from '../code-identity/code-origin.ts';
import { currentCompilation, openCompilation, singleOutput } from '../pipeline/compilation.ts';
import type { OutputHandle } from '../pipeline/output-handle.ts';
import { settingsInCode } from '../settings/settings-in-code.ts';
import { type StepContext, unitTestContext } from './step-context.ts';

/** Milliseconds: what a timer of Node can wait at most. */
const longestTimer = 2 ** 31 - 1;

/** The input of a step that takes none. */
export type NoInput = Readonly<Record<never, never>>;

/** What a step hands on: a result of `undefined` is stored as `null`, and a stream as the bytes that it gives. */
export type StoredValue<Value> = Value extends void
  ? null
  : Value extends AsyncIterable<Uint8Array | string>
    ? Uint8Array
    : Value;

/** What a pipeline can give where a step takes a value: the value, its handle, or data with handles inside. */
export type StepArgument<Value> = OutputHandle<Value> | DataWithHandles<Value>;

type DataWithHandles<Value> = Value extends string | number | boolean | null | undefined
  ? Value
  : Value extends readonly (infer Item)[]
    ? number extends Value['length']
      ? readonly StepArgument<Item>[]
      : { readonly [Key in keyof Value]: StepArgument<Value[Key]> }
    : Value extends object
      ? { readonly [Key in keyof Value]: StepArgument<Value[Key]> }
      : Value;

/** The name of the output of a step that names none. */
type SingleOutput = typeof singleOutput;

/** An object of `NoInput` would take any properties. */
type NoProperties = Readonly<Record<string, never>>;

type StepArguments<Input extends object> = keyof Input extends never
  ? NoProperties
  : { readonly [Key in keyof Input]: StepArgument<Input[Key]> };

/** The handles of a step with named outputs. */
export type NamedOutputs<Result, Name extends string & keyof Result> = {
  readonly [Key in Name]: OutputHandle<StoredValue<Result[Key]>>;
};

/** What a call of a step in a pipeline says beside its inputs. */
export interface CallOptions {
  /** Name of the step in the plan, unique in it. Default: that of the step, with `-2`, `-3`, ... when it is called again. */
  readonly name?: string;
  /** What other steps returned, whose values it does not take: it waits until they have completed. */
  readonly after?: readonly AnyOutputs[];
  /** Runs the step only if this output is `true`. Else it is skipped, along with the steps that take its outputs. */
  readonly when?: OutputHandle<boolean>;
  /** Runs the step only if this output is `false`. */
  readonly unless?: OutputHandle<boolean>;
}

type AnyOutputs = OutputHandle<unknown> | Readonly<Record<string, OutputHandle<unknown>>>;

/** The handles of a step that runs for each item of a list: each output is the list of its values. */
export type MappedOutputs<Outputs> =
  Outputs extends OutputHandle<infer Value>
    ? OutputHandle<Value[]>
    : {
        readonly [Key in keyof Outputs]: Outputs[Key] extends OutputHandle<infer Value> ? OutputHandle<Value[]> : never;
      };

/** A step: call it in the function of a pipeline, which makes it a part of that pipeline. Made by `step`. */
export interface Step<Input extends object, Outputs, Result> {
  /**
   * Adds the step to the pipeline that is put together, and returns the handles of its outputs.
   *
   * @throws STEP_OUTSIDE_PIPELINE when no pipeline is put together
   * @throws PIPELINE_INVALID for an input that is neither a handle nor JSON, naming the field
   */
  (
    ...call: NoInput extends Input
      ? [input?: StepArguments<Input>, options?: CallOptions]
      : [input: StepArguments<Input>, options?: CallOptions]
  ): Outputs;
  readonly name: string;
  /**
   * Adds the step to the pipeline that is put together, to run once for each item of a list: as many at once as the
   * orchestrator runs, each recorded, tried again and resumed by itself.
   *
   * @param items the output of a step, or a list with outputs inside
   * @param makeInput called once, with a handle that stands for an item
   * @returns handles of lists: what each item put out, in the order of the items
   * @throws STEP_OUTSIDE_PIPELINE, PIPELINE_INVALID
   */
  map<Item>(
    items: OutputHandle<readonly Item[]> | readonly StepArgument<Item>[],
    makeInput: (item: OutputHandle<Item>) => StepArguments<Input>,
    options?: CallOptions,
  ): MappedOutputs<Outputs>;
  /**
   * Calls the step's function, as a unit test does: nothing is stored, recorded or tried again.
   *
   * @param context what the function uses of it; the rest is made up, but for the stack
   */
  run(
    ...input: NoInput extends Input
      ? [input?: keyof Input extends never ? NoProperties : Input, context?: Partial<StepContext>]
      : [input: Input, context?: Partial<StepContext>]
  ): Promise<Result>;
}

export interface StepOptions<Input = object, Output extends string = string> {
  /** Unique in a pipeline: letters, digits, `.`, `_` and `-`. A step that is called again gets `-2`, `-3`, ... */
  readonly name: string;
  /**
   * How often the step is tried before it counts as failed, and the longest waits in between, in milliseconds: before the
   * second attempt `baseDelay`, which doubles with each further one up to `maximumDelay`. Default: once; 200 and 10,000.
   */
  readonly retry?: { readonly attempts: number } & Partial<Backoff>;
  /**
   * Milliseconds that an attempt may take. Then its signal is aborted, and it fails with `TIMEOUT`; one that does not stop
   * within 5 s is left alone. Default: no limit.
   */
  readonly timeout?: number;
  /**
   * Called before the first attempt. What a hook throws is recorded and fails nothing. One that does not end is left alone
   * 5 s after the run was cancelled or the time of the attempt was over.
   */
  readonly onStart?: (context: StepContext<Output>) => unknown;
  /** Called when the outputs are stored, before that is recorded: once more if the process is killed in between. */
  readonly onSuccess?: (context: StepContext<Output>) => unknown;
  /** Called with what the last attempt threw. Not when the run is cancelled. */
  readonly onFailure?: (context: StepContext<Output>, error: unknown) => unknown;
  /**
   * Says which code this is, instead of what Stack finds out by itself: change it whenever results would be other ones.
   * For a step whose code cannot be known. Default: found out from the step's code and all that it reaches.
   */
  readonly version?: string;
  /**
   * Whether a result of an earlier run is taken instead of running the step, while its code, inputs and whatever else it is
   * known to depend on are the same. `false` for a step that reads what changes by itself, or that does something to others.
   * Default `true`.
   */
  readonly cache?: boolean | CacheOptions<Input>;
  /**
   * Settings of components for this step, by selector: `type`, `type.flavor` or `type:name`. `settingsFor` of
   * `@stack/core` makes them with their types checked. Default: those of the pipeline.
   */
  readonly settings?: SettingsBySelector | undefined;
}

/** What a user's functions are told of the life of a step. */
export type StepHooks = {
  readonly [Hook in 'onStart' | 'onSuccess' | 'onFailure']: StepOptions[Hook] | undefined;
};

/** A step as the engine sees it. */
export interface StepDefinition {
  readonly name: string;
  /** Names; `undefined` for a step whose result is its one output. */
  readonly outputs: readonly string[] | undefined;
  /** What the step says of outputs, by name; of its one output by `output`. */
  readonly outputOptions: ReadonlyMap<string, OutputOptions>;
  readonly attempts: number;
  readonly backoff: Backoff | undefined;
  readonly timeout: number | undefined;
  readonly hooks: StepHooks;
  readonly settings: SettingsBySelector;
  /** Where it was defined. */
  readonly origin: CodeOrigin;
  /** What the user says that its code is. */
  readonly version: string | undefined;
  readonly cache: StepCacheOptions;
  readonly run: (input: object, context: StepContext) => unknown;
}

/**
 * Defines a step whose result is its one output.
 *
 * @throws ARGUMENT_INVALID for a name, settings or number of attempts that cannot be
 */
export function step<Result, Input extends object = NoInput>(
  options: StepOptions<NoInfer<Input>, SingleOutput> & {
    readonly outputs?: undefined;
    readonly output?: OutputOptions;
  },
  run: (input: Input, context: StepContext<SingleOutput>) => Result | PromiseLike<Result>,
): Step<Input, OutputHandle<StoredValue<Result>>, Result>;
/**
 * Defines a step whose result is an object, of which each property that `outputs` names becomes an output: a list of names, or
 * an object with what there is to say of each.
 *
 * @throws ARGUMENT_INVALID for a name, output, settings or number of attempts that cannot be
 */
export function step<
  const Name extends string,
  Result extends { readonly [Key in Name]: unknown },
  Input extends object = NoInput,
>(
  options: StepOptions<NoInfer<Input>, NoInfer<Name>> & {
    readonly outputs: readonly [Name, ...Name[]] | Readonly<Record<Name, OutputOptions>>;
  },
  run: (input: Input, context: StepContext<NoInfer<Name>>) => Result | PromiseLike<Result>,
): Step<Input, NamedOutputs<Result, Name>, Result>;
export function step(
  options: StepOptions & {
    readonly outputs?: readonly string[] | Readonly<Record<string, OutputOptions>> | undefined;
    readonly output?: OutputOptions;
  },
  run: (input: object, context: StepContext) => unknown,
): Step<object, unknown, unknown> {
  const {
    attempts = 1,
    baseDelay = defaultBackoff.baseDelay,
    maximumDelay = defaultBackoff.maximumDelay,
  } = options.retry ?? {};
  const { onStart, onSuccess, onFailure } = options;
  const definition: StepDefinition = Object.freeze({
    name: options.name,
    ...outputsOf(options.outputs, options.output),
    attempts,
    backoff: attempts === 1 ? undefined : { baseDelay, maximumDelay },
    timeout: options.timeout,
    hooks: { onStart, onSuccess, onFailure },
    settings: settingsInCode(options.settings, `step "${options.name}"`),
    origin: captureCodeOrigin(openCompilation()),
    version: options.version,
    cache: readCacheOptions(options.name, options.cache),
    run,
  });
  checkDefinition(definition);
  const { name } = definition;
  const call = (input: object = {}, callOptions: CallOptions = {}): unknown =>
    currentCompilation(name).addStep(definition, input, callOptions);
  Object.defineProperty(call, 'name', { value: name });
  return Object.assign(call, {
    map: (items: unknown, makeInput: (item: OutputHandle<unknown>) => object, callOptions: CallOptions = {}) =>
      currentCompilation(name).addMappedStep(definition, items, makeInput, callOptions),
    run: async (input: object = {}, context: Partial<StepContext> = {}) => run(input, unitTestContext(name, context)),
  }) as Step<object, unknown, unknown>;
}

function checkDefinition(definition: StepDefinition): void {
  const { name, outputs, outputOptions, attempts, backoff, timeout, hooks, run } = definition;
  checkName('step', name);
  for (const output of outputs ?? []) checkName('step output', output);
  const isTime = (milliseconds: number) => milliseconds >= 0 && milliseconds <= longestTimer;
  const problems: readonly (readonly [isProblem: boolean, message: string])[] = [
    [outputs?.length === 0, 'has an empty list of outputs'],
    [new Set(outputs).size !== (outputs?.length ?? 0), 'names an output twice'],
    [!Number.isSafeInteger(attempts) || attempts < 1, 'needs a whole number of attempts, 1 or more'],
    [
      backoff !== undefined && !(isTime(backoff.baseDelay) && isTime(backoff.maximumDelay)),
      `needs delays of 0 to ${longestTimer} milliseconds between its attempts`,
    ],
    [
      timeout !== undefined && !(timeout > 0 && isTime(timeout)),
      `needs a timeout of more than 0 and at most ${longestTimer} milliseconds`,
    ],
    [
      [...outputOptions.values()].some(({ schema }) => schema !== undefined && !('~standard' in schema)),
      'has an output whose schema is none: give one of zod, or of another library that keeps to Standard Schema',
    ],
    [typeof run !== 'function', 'has no function'],
    [
      Object.values(hooks).some((hook) => hook !== undefined && typeof hook !== 'function'),
      'has a hook that is no function',
    ],
  ];
  const problem = problems.find(([isProblem]) => isProblem);
  if (problem === undefined) return;
  throw new StackError({ code: 'ARGUMENT_INVALID', message: `The step "${name}" ${problem[1]}.` });
}

function outputsOf(
  outputs: readonly string[] | Readonly<Record<string, OutputOptions>> | undefined,
  output: OutputOptions | undefined,
): Pick<StepDefinition, 'outputs' | 'outputOptions'> {
  if (outputs === undefined) {
    return { outputs, outputOptions: new Map(output === undefined ? [] : [[singleOutput, output]]) };
  }
  if (isNames(outputs)) return { outputs: Object.freeze([...outputs]), outputOptions: new Map() };
  return { outputs: Object.freeze(Object.keys(outputs)), outputOptions: new Map(Object.entries(outputs)) };
}

function isNames(outputs: readonly string[] | Readonly<Record<string, OutputOptions>>): outputs is readonly string[] {
  return Array.isArray(outputs);
}
