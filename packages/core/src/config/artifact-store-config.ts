import * as z from 'zod';

export interface ArtifactStoreConfigOptions {
  /** The URI schemes that `path` may start with, each with its `://`. */
  readonly schemes: readonly [`${string}://`, ...`${string}://`[]];
  /** Whether `path` may also be a path on this machine's disk. Default `false`. */
  readonly localPath?: boolean;
}

/**
 * The config that every artifact store has: `path`, the root below which it keeps everything. Add fields with
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
  });
}

export type ArtifactStoreConfigSchema = z.ZodObject<{ path: z.ZodString }>;

/** What the config of every artifact store has, parsed. */
export interface ArtifactStoreConfig {
  readonly path: string;
}

function escapePattern(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
