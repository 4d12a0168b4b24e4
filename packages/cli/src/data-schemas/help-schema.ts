import * as z from 'zod';
import { optionSchema } from './flavor-schemas.ts';

const commandSummarySchema = z.object({ command: z.string(), usage: z.string(), summary: z.string() });

const componentTypeSchema = z.object({
  name: z.string(),
  label: z.string(),
  description: z.string(),
  required: z.boolean().describe('Whether every stack has one.'),
  multiple: z.boolean().describe('Whether a stack may have several.'),
  belongsTo: z.enum(['stack', 'project']).optional().describe('What its components are parts of. Default: stack.'),
});

const commandSchema = z.object({
  words: z.array(z.string()),
  usage: z.string(),
  summary: z.string(),
  positionals: z.array(
    z.object({
      name: z.string(),
      summary: z.string(),
      isOptional: z.boolean().optional(),
      isRepeatable: z.boolean().optional(),
    }),
  ),
  options: z.record(
    z.string(),
    z.object({
      summary: z.string(),
      short: z.string().optional().describe('One letter that means the same.'),
      value: z.string().optional().describe('What its value is called. An option without one is a flag.'),
      isRepeatable: z.boolean().optional(),
      isRequired: z.boolean().optional(),
    }),
  ),
  furtherOptions: z.array(optionSchema).describe('Those that depend on other arguments, such as the flavor.'),
});

/** What `--help` prints: the commands that begin alike, or the arguments of one. */
export const helpSchema = z.union([
  z.object({ commands: z.array(commandSummarySchema), componentTypes: z.array(componentTypeSchema).optional() }),
  commandSchema,
]);
