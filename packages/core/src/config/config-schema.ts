import * as z from 'zod';
import type { JsonSchema } from './json-schema.ts';

/** The schema of a config or of settings: an object at its root. */
export type ConfigSchema = z.ZodObject;

const jsonSchemas = new WeakMap<ConfigSchema, JsonSchema>();

/** The JSON Schema of what a config takes as input, as manifests carry it. */
export function configJsonSchema(schema: ConfigSchema): JsonSchema {
  let jsonSchema = jsonSchemas.get(schema);
  if (jsonSchema === undefined) {
    const { $schema: _, ...rest } = z.toJSONSchema(schema.strict(), { io: 'input', target: 'draft-2020-12' });
    jsonSchema = rest as JsonSchema;
    jsonSchemas.set(schema, jsonSchema);
  }
  return jsonSchema;
}
