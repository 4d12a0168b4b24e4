import { checkName, isPlainObject, type JsonValue, type PlanInput, type PlanStep, StackError } from '@stack/core';
import { formatJsonProblems, inspectJson } from '../artifacts/json-data.ts';
import { type CodeOrigin, MadeCode, type PipelineCode } from '../code-identity/code-origin.ts';
import type { CallOptions, StepDefinition } from '../step/step.ts';
import {
  callReference,
  createNamedOutputs,
  createOutputHandle,
  type HandleReference,
  handleReference,
  type OutputHandle,
} from './output-handle.ts';
import { referencedOutputs } from './referenced-outputs.ts';

/** Name of the output of a step that has a single one. */
export const singleOutput = 'output';

/** A pipeline while its function runs: each step that is called adds itself. */
export class Compilation implements PipelineCode {
  /** Of the pipeline. */
  readonly origin: CodeOrigin;
  readonly made = new MadeCode();
  readonly #pipeline: string;
  readonly #steps = new Map<string, PlanStep>();
  readonly #definitions = new Map<string, StepDefinition>();
  /** Of each step by its own name, which it was and how often it was called. */
  readonly #called = new Map<string, { readonly definition: StepDefinition; count: number }>();

  constructor(pipeline: string, origin: CodeOrigin) {
    this.#pipeline = pipeline;
    this.origin = origin;
  }

  get steps(): readonly PlanStep[] {
    return [...this.#steps.values()];
  }

  /** What runs for each step of the plan. */
  get definitions(): ReadonlyMap<string, StepDefinition> {
    return this.#definitions;
  }

  /** Adds a call of a step. Returns what the call does: a handle, or an object of them. */
  addStep(definition: StepDefinition, input: object, options: CallOptions): unknown {
    const name = this.#stepName(definition, options);
    return this.#add(name, definition, { inputs: this.#inputs(name, input) }, options);
  }

  /** Adds a step that runs once for each item of a list. `makeInput` gets the handle of an item. */
  addMappedStep(
    definition: StepDefinition,
    list: unknown,
    makeInput: (item: OutputHandle<unknown>) => object,
    options: CallOptions,
  ): unknown {
    const name = this.#stepName(definition, options);
    const map = this.toPlanInput(list, `the list that the step "${name}" is mapped over`);
    const isList = map.kind === 'output' || map.kind === 'list' || (map.kind === 'value' && Array.isArray(map.value));
    if (!isList) throw this.invalid(`what the step "${name}" is mapped over is no list.`);
    const item = createOutputHandle({
      input: { kind: 'item' },
      step: name,
      pipeline: this.#pipeline,
      compilation: this,
    });
    return this.#add(name, definition, { inputs: this.#inputs(name, makeInput(item)), map }, options);
  }

  /**
   * The plan's form of a value that may be, or hold, handles.
   *
   * @param subject what it is, for the message
   * @param mappedStep the step whose items may be in it
   * @throws PIPELINE_INVALID naming every part that is neither a handle nor JSON
   */
  toPlanInput(value: unknown, subject: string, mappedStep?: string): PlanInput {
    const { problems } = inspectJson(value, (part) => handleReference(part) !== undefined);
    if (problems.length > 0) {
      throw this.invalid(
        `${subject} is not JSON:\n${formatJsonProblems(problems)}`,
        'Load such a value in a step of its own, and give that step what it needs to do so.',
      );
    }
    return this.#convert(value, subject, mappedStep);
  }

  invalid(problem: string, hint?: string): StackError {
    return new StackError({
      code: 'PIPELINE_INVALID',
      message: `The pipeline "${this.#pipeline}" is not valid: ${problem}`,
      hint,
    });
  }

  #add(
    name: string,
    definition: StepDefinition,
    { inputs, map }: Pick<PlanStep, 'inputs' | 'map'>,
    options: CallOptions,
  ): unknown {
    const outputs = definition.outputs ?? [singleOutput];
    const condition = this.#condition(name, options);
    const taken = [...Object.values(inputs), map, condition?.input].flatMap((input) =>
      input === undefined ? [] : referencedOutputs(input).map(({ step }) => step),
    );
    const { attempts, backoff, timeout, outputOptions } = definition;
    const materializers = [...outputOptions].flatMap(([output, { materializer }]) =>
      materializer === undefined ? [] : [[output, materializer]],
    );
    this.#steps.set(name, {
      name,
      upstream: [...new Set([...taken, ...this.#after(name, options)])],
      inputs,
      outputs,
      ...(materializers.length === 0 ? {} : { materializers: Object.fromEntries(materializers) }),
      attempts,
      ...(backoff === undefined ? {} : { backoff }),
      ...(timeout === undefined ? {} : { timeout }),
      ...(condition === undefined ? {} : { condition }),
      ...(map === undefined ? {} : { map }),
    });
    this.#definitions.set(name, definition);
    const handle = (output: string) =>
      createOutputHandle({
        input: { kind: 'output', step: name, output },
        step: name,
        pipeline: this.#pipeline,
        compilation: this,
      });
    if (definition.outputs === undefined) return handle(singleOutput);
    const handles = Object.freeze(Object.fromEntries(outputs.map((output) => [output, handle(output)])));
    return createNamedOutputs(this.#pipeline, name, handles);
  }

  #stepName(definition: StepDefinition, { name: given }: CallOptions): string {
    if (given !== undefined) {
      checkName('step', given);
      return this.#freeName(given, 'this call is given that name too.');
    }
    const called = this.#called.get(definition.name) ?? { definition, count: 0 };
    if (called.definition !== definition) {
      throw this.invalid(`two steps have the name "${definition.name}".`, 'Give each step a name of its own.');
    }
    called.count++;
    this.#called.set(definition.name, called);
    const name = called.count === 1 ? definition.name : `${definition.name}-${called.count}`;
    return this.#freeName(name, 'another call of a step gets that name too.');
  }

  #freeName(name: string, otherwise: string): string {
    if (!this.#steps.has(name)) return name;
    throw this.invalid(`there is a step "${name}", and ${otherwise}`, `Give the step another name than "${name}".`);
  }

  #inputs(step: string, input: object): Readonly<Record<string, PlanInput>> {
    if (handleReference(input) !== undefined || !isPlainObject(input)) {
      throw this.invalid(
        `the step "${step}" was not given its inputs by name.`,
        `Call it with one object: ${step}({ name: value }).`,
      );
    }
    const given = Object.entries(input).filter(([, value]) => value !== undefined);
    return Object.fromEntries(
      given.map(([name, value]) => [name, this.toPlanInput(value, `the input "${name}" of the step "${step}"`, step)]),
    );
  }

  /** The names of the steps that a call is told to wait for. */
  #after(step: string, { after = [] }: CallOptions): readonly string[] {
    return after.map((value) => {
      const reference = callReference(value);
      if (reference?.input.kind !== 'output') {
        throw this.invalid(`"after" of the step "${step}" has something that no step returned.`);
      }
      return this.#own(reference, `"after" of the step "${step}"`).step;
    });
  }

  #condition(step: string, { when, unless }: CallOptions): PlanStep['condition'] {
    const [value, expected] = when === undefined ? [unless, false] : [when, true];
    if (value === undefined) return undefined;
    if (when !== undefined && unless !== undefined) {
      throw this.invalid(`the step "${step}" has both "when" and "unless".`, 'Give it one of them.');
    }
    const input = this.toPlanInput(value, `the condition of the step "${step}"`);
    if (input.kind === 'output') return { input, expected };
    throw this.invalid(
      `the condition of the step "${step}" is not the output of a step.`,
      'What is known while the pipeline is put together needs no condition: use "if".',
    );
  }

  #own(reference: HandleReference, subject: string): HandleReference {
    if (reference.compilation === this) return reference;
    throw this.invalid(
      `${subject} is the output of the step "${reference.step}" of another pipeline, or of another compilation.`,
      'Call the step in this pipeline.',
    );
  }

  #convert(value: unknown, subject: string, mappedStep: string | undefined): PlanInput {
    const reference = handleReference(value);
    if (reference !== undefined) {
      const { input, step } = this.#own(reference, subject);
      if (input.kind === 'output' || step === mappedStep) return input;
      throw this.invalid(
        `${subject} is an item of the list that the step "${step}" is mapped over.`,
        'An item is for the inputs of that step alone.',
      );
    }
    if (Array.isArray(value)) {
      const items = value.map((item) => this.#convert(item, subject, mappedStep));
      return items.every((item) => item.kind === 'value')
        ? { kind: 'value', value: items.map((item) => item.value) }
        : { kind: 'list', items };
    }
    if (isPlainObject(value)) {
      const given = Object.entries(value).filter(([, field]) => field !== undefined);
      const fields = given.map(([key, field]) => [key, this.#convert(field, subject, mappedStep)] as const);
      return fields.every((field): field is [string, PlanInput & { kind: 'value' }] => field[1].kind === 'value')
        ? { kind: 'value', value: Object.fromEntries(fields.map(([key, field]) => [key, field.value])) }
        : { kind: 'object', fields: Object.fromEntries(fields) };
    }
    return { kind: 'value', value: value as JsonValue };
  }
}

let current: Compilation | undefined;

/** Runs a function during which the steps that are called belong to a compilation. */
export function withCompilation<Result>(compilation: Compilation, run: () => Result): Result {
  const outer = current;
  current = compilation;
  try {
    return run();
  } finally {
    current = outer;
  }
}

/** That of the pipeline whose function runs; `undefined` outside of one. */
export function openCompilation(): Compilation | undefined {
  return current;
}

/** @throws STEP_OUTSIDE_PIPELINE */
export function currentCompilation(step: string): Compilation {
  if (current !== undefined) return current;
  throw new StackError({
    code: 'STEP_OUTSIDE_PIPELINE',
    message: `The step "${step}" was called outside of a pipeline.`,
    hint: `Call it in the function of a pipeline. To run it by itself, as in a unit test, call run() of it.`,
  });
}
