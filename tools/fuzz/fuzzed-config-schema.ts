import * as z from 'zod';
import { secretField } from '../../packages/core/src/config/secret-field.ts';

/** A config with a field of every kind that flavors have. */
export const fuzzedConfigSchema = z.object({
  region: z.string().optional(),
  retries: z.int().min(0).optional(),
  ratio: z.number().nullable().default(0.5),
  verbose: z.boolean().optional(),
  mode: z.enum(['fast', 'safe']).optional(),
  tags: z.array(z.string()).optional(),
  headers: z.record(z.string(), z.string()).optional(),
  headersByHost: z.record(z.string(), z.record(z.string(), z.string())).optional(),
  nested: z.object({ deep: z.object({ flag: z.boolean().optional() }).optional() }).optional(),
  extra: z.record(z.string(), z.unknown()).optional(),
  anything: z.unknown(),
  json: z.json().optional(),
  secretKey: secretField().optional(),
  proxies: z.array(z.object({ password: secretField() })).optional(),
  login: z
    .discriminatedUnion('kind', [
      z.object({ kind: z.literal('key'), key: secretField() }),
      z.object({ kind: z.literal('user'), user: z.string(), password: secretField() }),
    ])
    .optional(),
  constructor: z.string().optional(),
});
