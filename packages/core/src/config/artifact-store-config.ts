import * as z from 'zod';
import { defaultBackoff } from '../backoff.ts';

export interface ArtifactStoreConfigOptions {
  /** The URI schemes that `path` may start with, each with its `://`. */
  readonly schemes: readonly [`${string}://`, ...`${string}://`[]];
  /** Whether `path` may also be a path on this machine's disk. Default `false`. */
  readonly localPath?: boolean;
}

const retrySchema = z.object({
  attempts: z.int().min(1).max(100).default(5).describe('How often a request is sent, the first time included'),
  baseDelay: z
    .number()
    .min(0)
    .max(600_000)
    .default(defaultBackoff.baseDelay)
    .describe('Longest wait before the second attempt, in milliseconds. It doubles with each further one'),
  maximumDelay: z
    .number()
    .min(0)
    .max(600_000)
    .default(defaultBackoff.maximumDelay)
    .describe('Longest wait between two attempts, in milliseconds'),
});

/**
 * The config that every artifact store has: `path`, the root below which it keeps everything, and `retry`, how often
 * and after what waits a request is sent again that failed for a reason that may pass. Add fields with
 * `.extend({ ... })`.
 */
export function artifactStoreConfig({
  schemes,
  localPath = false,
}: ArtifactStoreConfigOptions): ArtifactStoreConfigSchema {
  const allowed = `(?:${schemes.map(escapePattern).join('|')}).+`;
  // A path on disk is any text that does not look like a URI and is not put in quotes by mistake.
  const pattern = localPath ? `^(?:${allowed}|(?![A-Za-z][A-Za-z0-9+.-]*://)[^"'\`\\s].*)$` : `^${allowed}$`;
  const forms = [...(localPath ? ['a path on this machine'] : []), ...schemes.map((scheme) => `${scheme}...`)];
  return z.object({
    path: z
      .string()
      .regex(new RegExp(pattern, 's'), { error: `must be ${forms.join(' or ')}` })
      .describe(`Root of the store: ${forms.join(' or ')}`),
    retry: retrySchema.prefault({}),
  });
}

export type ArtifactStoreConfigSchema = z.ZodObject<{ path: z.ZodString; retry: z.ZodPrefault<typeof retrySchema> }>;

/** What the config of every artifact store has, parsed. */
export interface ArtifactStoreConfig {
  readonly path: string;
  readonly retry: RetryPolicy;
}

/** How often, and after what waits, a request is sent again. */
export type RetryPolicy = Readonly<z.output<typeof retrySchema>>;

function escapePattern(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
