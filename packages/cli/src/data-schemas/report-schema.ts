import * as z from 'zod';
import { type DataSchemaName, dataSchemas } from './data-schemas.ts';
import { errorSchema } from './error-schema.ts';

const warnings = z.array(errorSchema).describe('Errors that did not stop the command.');

/** The JSON Schema (draft 2020-12) of the document that a command prints with `--json`. */
export function reportSchema(name: DataSchemaName): Record<string, unknown> {
  const data = dataSchemas[name];
  const report = z.union([
    z.object({ ok: z.literal(true), data, warnings }),
    z.object({ ok: z.literal(false), data: data.optional(), error: errorSchema, warnings }),
  ]);
  return z.toJSONSchema(report);
}
