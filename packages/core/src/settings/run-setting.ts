import type * as z from 'zod';

/**
 * Marks a setting that holds for a whole run, such as how many steps run at once: a step that sets it is refused.
 * Other settings can be set for a pipeline and for each of its steps.
 *
 * `concurrency: runSetting(z.int().min(1).optional())`
 */
export function runSetting<Schema extends z.ZodType>(schema: Schema): Schema {
  return schema.meta({ perRun: true }) as Schema;
}
