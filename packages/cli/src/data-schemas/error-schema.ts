import { type ErrorCode, errorCodes } from '@stack/core/errors';
import * as z from 'zod';

const codeSchema = z.enum(Object.keys(errorCodes) as ErrorCode[]).meta({ id: 'ErrorCode' });

export const problemSchema = z
  .object({
    path: z.string().describe('A dotted path into the input; empty for the input as a whole.'),
    message: z.string(),
    hint: z.string().optional(),
    code: codeSchema.optional(),
  })
  .meta({ id: 'Problem' });

/** An error, or a warning: an error that did not stop the command. */
export const errorSchema = z
  .object({
    code: codeSchema,
    message: z.string(),
    hint: z.string().optional().describe('What to do.'),
    problems: z.array(problemSchema).optional().describe('All problems of an input.'),
  })
  .meta({ id: 'Error' });
