import * as z from 'zod';
import type { JsonSchema } from './json-schema.ts';

/** The schema of a config or of settings: an object at its root. */
export type ConfigSchema = z.ZodObject;

const strictSchemas = new WeakMap<ConfigSchema, ConfigSchema>();
const jsonSchemas = new WeakMap<ConfigSchema, JsonSchema>();

/** The schema that refuses unknown fields at its root. Zod compiles each anew, which takes longer than to parse by it. */
export function strictSchema(schema: ConfigSchema): ConfigSchema {
  let strict = strictSchemas.get(schema);
  if (strict === undefined) {
    strict = schema.strict();
    strictSchemas.set(schema, strict);
  }
  return strict;
}

/** The JSON Schema of what a config takes as input, as manifests carry it. */
export function configJsonSchema(schema: ConfigSchema): JsonSchema {
  let jsonSchema = jsonSchemas.get(schema);
  if (jsonSchema === undefined) {
    const { $schema: _, ...rest } = z.toJSONSchema(strictSchema(schema), { io: 'input', target: 'draft-2020-12' });
    jsonSchema = rest as JsonSchema;
    jsonSchemas.set(schema, jsonSchema);
  }
  return jsonSchema;
}
