import {
  configError,
  configJsonSchema,
  isPlainObject,
  isTooDeep,
  type JsonSchema,
  maskProblems,
  maximumDepth,
  type Problem,
  parseConfig,
  StackError,
  schemaProperties,
  unknownOption,
} from '@stack/core';
import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';
import * as z from 'zod';

/**
 * The schema of an object, of any library that speaks both Standard Schema and Standard JSON Schema: a zod or ArkType
 * object, or what `toStandardJsonSchema` of `@valibot/to-json-schema` makes of a Valibot one.
 */
export interface ParametersSchema {
  readonly '~standard': StandardSchemaV1.Props & StandardJSONSchemaV1.Props;
}

/** What a run is given for a schema. */
export type ParametersInput<Schema extends ParametersSchema> = StandardSchemaV1.InferInput<Schema>;

/** What the function of a pipeline gets for a schema. */
export type ParametersOutput<Schema extends ParametersSchema> = StandardSchemaV1.InferOutput<Schema>;

/** The JSON Schema of what a run takes as parameters. Throws what the library throws for a type that JSON does not have. */
export function parametersJsonSchema(schema: ParametersSchema): JsonSchema {
  if (schema instanceof z.ZodObject) return configJsonSchema(schema);
  const { $schema: _, ...jsonSchema } = standardOf(schema).jsonSchema.input({ target: 'draft-2020-12' });
  if (jsonSchema.type !== 'object') throw new TypeError('its root is no object');
  return jsonSchema;
}

/**
 * Parses the parameters of a run. Unknown ones are refused, unless the JSON Schema of the parameters has a place for them.
 *
 * @param jsonSchema that of the schema
 * @param subject what they belong to, for the message, e.g. `the pipeline "training"`
 * @throws CONFIG_INVALID or OPTION_UNKNOWN with every problem at once, by path
 */
export function parseParameters<Schema extends ParametersSchema>(
  schema: Schema,
  jsonSchema: JsonSchema,
  input: unknown,
  subject: string,
): ParametersOutput<Schema> {
  // Its errors say more than those that all libraries have.
  if (schema instanceof z.ZodObject) return parseConfig(schema, input, subject, 'parameters');
  if (isTooDeep(input)) {
    throw configError(
      subject,
      [{ path: '', message: `is nested more than ${maximumDepth} levels deep` }],
      'parameters',
    );
  }
  const result = validate(schema, input);
  const problems = [...maskProblems(input), ...unknownParameters(jsonSchema, input), ...result.problems];
  if (problems.length > 0) throw configError(subject, problems, 'parameters');
  return result.value as ParametersOutput<Schema>;
}

/**
 * Checks parameters of which some could not be read. That one is missing is not told: it may be one of those.
 *
 * @param found what is wrong with those that could not be read
 * @throws CONFIG_INVALID or OPTION_UNKNOWN with that and every problem of the others
 */
export function parsePartialParameters(
  schema: ParametersSchema,
  jsonSchema: JsonSchema,
  input: object,
  subject: string,
  found: readonly Problem[],
): undefined {
  const problems = [...found];
  try {
    parseParameters(schema, jsonSchema, input, subject);
  } catch (error) {
    if (!StackError.is(error)) throw error;
    problems.push(...error.problems.filter(({ path }) => Object.hasOwn(input, path.split('.', 1)[0] ?? '')));
  }
  if (problems.length > 0) throw configError(subject, problems, 'parameters');
}

function validate(schema: ParametersSchema, input: unknown): { value?: unknown; problems: readonly Problem[] } {
  const result = schema['~standard'].validate(input);
  if (result instanceof Promise) {
    result.catch(() => {});
    return { problems: [{ path: '', message: 'cannot be checked, since a check of the schema is asynchronous' }] };
  }
  if (result.issues === undefined) return { value: result.value, problems: [] };
  return { problems: issueProblems(result.issues) };
}

/** What a schema of whatever library finds wrong with a value. */
export function issueProblems(issues: readonly StandardSchemaV1.Issue[]): readonly Problem[] {
  return issues.map(({ path = [], message }) => ({
    path: path.map((segment) => String(typeof segment === 'object' ? segment.key : segment)).join('.'),
    message,
  }));
}

function unknownParameters(jsonSchema: JsonSchema, input: unknown): Problem[] {
  if (!isPlainObject(input) || (jsonSchema.additionalProperties ?? false) !== false) return [];
  const known = schemaProperties(jsonSchema);
  return Object.keys(input)
    .filter((name) => !known.has(name))
    .map((name) => unknownOption([name], [...known.keys()]));
}

function standardOf(schema: ParametersSchema): ParametersSchema['~standard'] {
  const standard: Partial<ParametersSchema['~standard']> | undefined = schema['~standard'];
  if (typeof standard?.validate === 'function' && typeof standard.jsonSchema?.input === 'function') {
    return schema['~standard'];
  }
  throw new TypeError('it does not speak Standard Schema and Standard JSON Schema');
}
