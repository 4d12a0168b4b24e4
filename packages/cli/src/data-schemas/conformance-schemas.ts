import * as z from 'zod';

const outcomes = ['passed', 'failed', 'misdeclared', 'unsupported', 'skipped'] as const;

const caseSchema = z
  .object({
    name: z.string(),
    outcome: z.enum(outcomes),
    reason: z.string().optional().describe('Why it is unsupported or skipped.'),
    duration: z.int().describe('Milliseconds.'),
    error: z.object({ code: z.string().optional(), message: z.string() }).optional(),
  })
  .meta({ id: 'ConformanceCase' });

export const conformanceReportSchema = z.object({
  reportVersion: z.literal(1),
  componentType: z.string(),
  flavor: z.string(),
  capabilities: z.array(z.string()),
  versions: z.record(z.string(), z.string()).describe('Of Node, the kit, core and the package of the flavor.'),
  startedAt: z.iso.datetime(),
  duration: z.int().describe('Milliseconds.'),
  totals: z.object(
    Object.fromEntries(outcomes.map((outcome) => [outcome, z.int()])) as Record<(typeof outcomes)[number], z.ZodInt>,
  ),
  isConformant: z.boolean(),
  cases: z.array(caseSchema),
});
