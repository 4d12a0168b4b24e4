import { checkName, type SettingsBySelector, StackError } from '@stack/core';
import { type CodeOrigin, captureCodeOrigin } from '../code-identity/code-origin.ts';
import { currentCompilation } from '../pipeline/compilation.ts';
import type { OutputHandle } from '../pipeline/output-handle.ts';
import { settingsInCode } from '../settings/settings-in-code.ts';
import { type StepContext, unitTestContext } from './step-context.ts';

/** The input of a step that takes none. */
export type NoInput = Readonly<Record<never, never>>;

/** What a step hands on: a result of `undefined` is stored as `null`. */
export type StoredValue<Value> = Value extends void ? null : Value;

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

/** An object of `NoInput` would take any properties. */
type NoProperties = Readonly<Record<string, never>>;

type StepArguments<Input extends object> = keyof Input extends never
  ? NoProperties
  : { readonly [Key in keyof Input]: StepArgument<Input[Key]> };

/** The handles of a step with named outputs. */
export type NamedOutputs<Result, Name extends string & keyof Result> = {
  readonly [Key in Name]: OutputHandle<StoredValue<Result[Key]>>;
};

/** A step: call it in the function of a pipeline, which makes it a part of that pipeline. Made by `step`. */
export interface Step<Input extends object, Outputs, Result> {
  /**
   * Adds the step to the pipeline that is put together, and returns the handles of its outputs.
   *
   * @throws STEP_OUTSIDE_PIPELINE when no pipeline is put together
   * @throws PIPELINE_INVALID for an input that is neither a handle nor JSON, naming the field
   */
  (...input: NoInput extends Input ? [input?: StepArguments<Input>] : [input: StepArguments<Input>]): Outputs;
  readonly name: string;
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

export interface StepOptions {
  /** Unique in a pipeline: letters, digits, `.`, `_` and `-`. A step that is called again gets `-2`, `-3`, ... */
  readonly name: string;
  /** How often the step is tried before it counts as failed. Default: once. */
  readonly retry?: { readonly attempts: number };
  /**
   * Says which code this is, instead of what Stack finds out by itself: change it whenever results would be other ones.
   * For a step whose code cannot be known. Default: found out from the step's code and all that it reaches.
   */
  readonly version?: string;
  /**
   * Settings of components for this step, by selector: `type`, `type.flavor` or `type:name`. `settingsFor` of
   * `@stack/core` makes them with their types checked. Default: those of the pipeline.
   */
  readonly settings?: SettingsBySelector | undefined;
}

/** A step as the engine sees it. */
export interface StepDefinition {
  readonly name: string;
  /** `undefined` for a step whose result is its one output. */
  readonly outputs: readonly string[] | undefined;
  readonly attempts: number;
  readonly settings: SettingsBySelector;
  /** Where it was defined. */
  readonly origin: CodeOrigin;
  /** What the user says that its code is. */
  readonly version: string | undefined;
  readonly run: (input: object, context: StepContext) => unknown;
}

/**
 * Defines a step whose result is its one output.
 *
 * @throws ARGUMENT_INVALID for a name, settings or number of attempts that cannot be
 */
export function step<Result, Input extends object = NoInput>(
  options: StepOptions & { readonly outputs?: undefined },
  run: (input: Input, context: StepContext) => Result | PromiseLike<Result>,
): Step<Input, OutputHandle<StoredValue<Result>>, Result>;
/**
 * Defines a step whose result is an object, of which each property that `outputs` names becomes an output.
 *
 * @throws ARGUMENT_INVALID for a name, output, settings or number of attempts that cannot be
 */
export function step<
  const Name extends string,
  Result extends { readonly [Key in Name]: unknown },
  Input extends object = NoInput,
>(
  options: StepOptions & { readonly outputs: readonly [Name, ...Name[]] },
  run: (input: Input, context: StepContext) => Result | PromiseLike<Result>,
): Step<Input, NamedOutputs<Result, Name>, Result>;
export function step(
  options: StepOptions & { readonly outputs?: readonly string[] | undefined },
  run: (input: object, context: StepContext) => unknown,
): Step<object, unknown, unknown> {
  const definition: StepDefinition = Object.freeze({
    name: options.name,
    outputs: options.outputs === undefined ? undefined : Object.freeze([...options.outputs]),
    attempts: options.retry?.attempts ?? 1,
    settings: settingsInCode(options.settings, `step "${options.name}"`),
    origin: captureCodeOrigin(),
    version: options.version,
    run,
  });
  checkDefinition(definition);
  const call = (input: object = {}): unknown => currentCompilation(definition.name).addStep(definition, input);
  Object.defineProperty(call, 'name', { value: definition.name });
  return Object.assign(call, {
    run: async (input: object = {}, context: Partial<StepContext> = {}) =>
      run(input, unitTestContext(definition.name, context)),
  });
}

function checkDefinition({ name, outputs, attempts, run }: StepDefinition): void {
  checkName('step', name);
  for (const output of outputs ?? []) checkName('step output', output);
  const problem =
    outputs?.length === 0
      ? 'has an empty list of outputs'
      : new Set(outputs).size !== (outputs?.length ?? 0)
        ? 'names an output twice'
        : !Number.isSafeInteger(attempts) || attempts < 1
          ? 'needs a whole number of attempts, 1 or more'
          : typeof run !== 'function'
            ? 'has no function'
            : undefined;
  if (problem !== undefined)
    throw new StackError({ code: 'ARGUMENT_INVALID', message: `The step "${name}" ${problem}.` });
}
