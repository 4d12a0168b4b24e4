import { isPlainObject, type JsonValue, type PlanInput, type PlanStep, StackError } from '@stack/core';
import { formatJsonProblems, inspectJson } from '../artifacts/json-data.ts';
import type { StepDefinition } from '../step/step.ts';
import { createNamedOutputs, createOutputHandle, outputReference } from './output-handle.ts';

/** Name of the output of a step that has a single one. */
const singleOutput = 'output';

/** A pipeline while its function runs: each step that is called adds itself. */
export class Compilation {
  readonly #pipeline: string;
  readonly #steps = new Map<string, PlanStep>();
  readonly #definitions = new Map<string, StepDefinition>();
  /** Of each step by its own name, which it was and how often it was called. */
  readonly #called = new Map<string, { readonly definition: StepDefinition; count: number }>();

  constructor(pipeline: string) {
    this.#pipeline = pipeline;
  }

  get steps(): readonly PlanStep[] {
    return [...this.#steps.values()];
  }

  /** What runs for each step of the plan. */
  get definitions(): ReadonlyMap<string, StepDefinition> {
    return this.#definitions;
  }

  /** Adds a call of a step. Returns what the call does: a handle, or an object of them. */
  addStep(definition: StepDefinition, input: object): unknown {
    const name = this.#stepName(definition);
    const outputs = definition.outputs ?? [singleOutput];
    const inputs = this.#inputs(name, input);
    const upstream = new Set(Object.values(inputs).flatMap(referencedSteps));
    this.#steps.set(name, { name, upstream: [...upstream], inputs, outputs, attempts: definition.attempts });
    this.#definitions.set(name, definition);
    const handle = (output: string) => createOutputHandle(this.#pipeline, { step: name, output, compilation: this });
    if (definition.outputs === undefined) return handle(singleOutput);
    const handles = Object.freeze(Object.fromEntries(outputs.map((output) => [output, handle(output)])));
    return createNamedOutputs(this.#pipeline, name, handles);
  }

  /**
   * The plan's form of a value that may be, or hold, handles.
   *
   * @param subject what it is, for the message
   * @throws PIPELINE_INVALID naming every part that is neither a handle nor JSON
   */
  toPlanInput(value: unknown, subject: string): PlanInput {
    const { problems } = inspectJson(value, (part) => outputReference(part) !== undefined);
    if (problems.length > 0) {
      throw this.invalid(
        `${subject} is not JSON:\n${formatJsonProblems(problems)}`,
        'Load such a value in a step of its own, and give that step what it needs to do so.',
      );
    }
    return this.#convert(value, subject);
  }

  invalid(problem: string, hint?: string): StackError {
    return new StackError({
      code: 'PIPELINE_INVALID',
      message: `The pipeline "${this.#pipeline}" is not valid: ${problem}`,
      hint,
    });
  }

  #stepName(definition: StepDefinition): string {
    const called = this.#called.get(definition.name) ?? { definition, count: 0 };
    if (called.definition !== definition) {
      throw this.invalid(`two steps have the name "${definition.name}".`, 'Give each step a name of its own.');
    }
    called.count++;
    this.#called.set(definition.name, called);
    const name = called.count === 1 ? definition.name : `${definition.name}-${called.count}`;
    if (this.#steps.has(name)) {
      throw this.invalid(
        `there is a step "${name}", and another call of a step gets that name too.`,
        `Give the step another name than "${name}".`,
      );
    }
    return name;
  }

  #inputs(step: string, input: object): Readonly<Record<string, PlanInput>> {
    if (outputReference(input) !== undefined || !isPlainObject(input)) {
      throw this.invalid(
        `the step "${step}" was not given its inputs by name.`,
        `Call it with one object: ${step}({ name: value }).`,
      );
    }
    const given = Object.entries(input).filter(([, value]) => value !== undefined);
    return Object.fromEntries(
      given.map(([name, value]) => [name, this.toPlanInput(value, `the input "${name}" of the step "${step}"`)]),
    );
  }

  #convert(value: unknown, subject: string): PlanInput {
    const reference = outputReference(value);
    if (reference !== undefined) {
      if (reference.compilation === this) {
        return { kind: 'output', step: reference.step, output: reference.output };
      }
      throw this.invalid(
        `${subject} is the output of the step "${reference.step}" of another pipeline, or of another compilation.`,
        'Call the step in this pipeline.',
      );
    }
    if (Array.isArray(value)) {
      const items = value.map((item) => this.#convert(item, subject));
      return items.every((item) => item.kind === 'value')
        ? { kind: 'value', value: items.map((item) => item.value) }
        : { kind: 'list', items };
    }
    if (isPlainObject(value)) {
      const given = Object.entries(value).filter(([, field]) => field !== undefined);
      const fields = given.map(([key, field]) => [key, this.#convert(field, subject)] as const);
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

/** @throws STEP_OUTSIDE_PIPELINE */
export function currentCompilation(step: string): Compilation {
  if (current !== undefined) return current;
  throw new StackError({
    code: 'STEP_OUTSIDE_PIPELINE',
    message: `The step "${step}" was called outside of a pipeline.`,
    hint: `Call it in the function of a pipeline. To run it by itself, as in a unit test, call run() of it.`,
  });
}

function referencedSteps(input: PlanInput): readonly string[] {
  switch (input.kind) {
    case 'value':
      return [];
    case 'output':
      return [input.step];
    case 'list':
      return input.items.flatMap(referencedSteps);
    case 'object':
      return Object.values(input.fields).flatMap(referencedSteps);
  }
}
