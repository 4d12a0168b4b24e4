import * as z from 'zod';

export const storeLabelSchema = z
  .string()
  .describe('Where the metadata store is: the path of the file, or the URL without its password.');

export const storeCheckSchema = z.object({
  product: z.enum(['SQLite', 'PostgreSQL']),
  store: storeLabelSchema,
  version: z.int(),
  rows: z.record(z.string(), z.int()).describe('How many rows each table has.'),
  problems: z.array(z.string()).describe('What is wrong, each in a sentence.'),
});
