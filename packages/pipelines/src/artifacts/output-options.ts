import { isPlainObject, type JsonObject, StackError } from '@stack/core';
import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';
import { issueProblems } from '../pipeline/parameters.ts';

/** What a step says of one of its outputs. */
export interface OutputOptions {
  /**
   * What values are allowed. A value is checked before it is stored, and stored as the step returned it; the JSON Schema, where
   * the library of the schema has one for it, is recorded with the artifact. Default: any.
   */
  readonly schema?: OutputSchema;
  /** Name of the materializer that stores it: a built-in one, or one of the pipeline. Default: the first one that matches. */
  readonly materializer?: string;
}

/** A schema of zod, or of any other library that speaks Standard Schema. */
export interface OutputSchema {
  readonly '~standard': StandardSchemaV1.Props & Partial<StandardJSONSchemaV1.Props>;
}

/**
 * @param subject what the value is, for the message
 * @throws OUTPUT_INVALID with every problem
 */
export async function checkOutput(
  { '~standard': standard }: OutputSchema,
  value: unknown,
  subject: string,
): Promise<void> {
  const { issues } = await standard.validate(value);
  if (issues === undefined) return;
  const problems = issueProblems(issues);
  const lines = problems.map(({ path, message }) => `  ${path === '' ? 'it' : path}: ${message}`);
  throw new StackError({
    code: 'OUTPUT_INVALID',
    message: `${subject} does not fit its schema:\n${lines.join('\n')}`,
    problems,
  });
}

const jsonSchemas = new WeakMap<OutputSchema, JsonObject | undefined>();

/** The JSON Schema of the values that a schema takes; `undefined` where it has none. */
export function outputJsonSchema(schema: OutputSchema | undefined): JsonObject | undefined {
  if (schema === undefined) return undefined;
  if (!jsonSchemas.has(schema)) jsonSchemas.set(schema, readJsonSchema(schema));
  return jsonSchemas.get(schema);
}

function readJsonSchema({ '~standard': { jsonSchema } }: OutputSchema): JsonObject | undefined {
  try {
    const made = jsonSchema?.input({ target: 'draft-2020-12' });
    // Plain data, without what only JavaScript sees in it.
    return isPlainObject(made) ? (JSON.parse(JSON.stringify(made)) as JsonObject) : undefined;
  } catch {
    // There are values that JSON has no schema for, such as dates.
    return undefined;
  }
}
