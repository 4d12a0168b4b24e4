import * as z from 'zod';
import { timeSchema } from './record-schemas.ts';

const cacheChangeSchema = z
  .object({
    kind: z.enum(['code', 'package', 'input', 'parameter', 'environment', 'other']),
    name: z.string().describe('`src/train.ts#fit` for code; the name of the package, input, parameter or variable.'),
    change: z.enum(['changed', 'added', 'removed']),
    before: z.string().optional().describe('The version of a package, where it is another.'),
    after: z.string().optional(),
  })
  .meta({ id: 'CacheChange' });

export const cacheExplanationSchema = z.object({
  run: z.string(),
  steps: z.array(
    z.object({
      step: z.string(),
      state: z
        .enum(['cached', 'computed', 'off', 'none'])
        .describe('none: it did not come to be decided, as for a step that was skipped.'),
      from: z
        .object({ run: z.string(), step: z.string(), computedAt: timeSchema })
        .optional()
        .describe('Whose result was taken.'),
      comparedWith: z.string().optional().describe('The earlier run that the changes are since.'),
      reason: z.string().optional().describe('Why no result was taken, where nothing had changed.'),
      changes: z.array(cacheChangeSchema),
    }),
  ),
});
