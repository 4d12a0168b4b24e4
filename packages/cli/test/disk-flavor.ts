import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { writeFiles } from './run-stack.ts';

/**
 * The files of a flavor of artifact stores that works like the local one, with a secret field in its config and in its
 * settings, and a plain one that may hold a secret. Its runs are kept with a digest of what its secrets were.
 */
export const diskFlavorFiles: Readonly<Record<string, string>> = {
  'flavors/disk.ts': `
    import { artifactStoreConfig, defineFlavor, secretField } from '@stack/core';
    import * as z from 'zod';
    export const diskFlavor = defineFlavor({
      type: 'artifact-store',
      name: 'disk',
      isLocal: true,
      configSchema: artifactStoreConfig({ schemes: ['file://'], localPath: true }).extend({
        accessKey: secretField().optional(),
        region: z.string().optional(),
      }),
      settingsSchema: z.object({ token: secretField().optional(), note: z.string().optional() }),
      implementation: () => import('./disk-implementation.ts'),
    });
  `,
  'flavors/disk-implementation.ts': `
    import { createHash } from 'node:crypto';
    import LocalArtifactStore from '@stack/integration-local/artifact-store';
    const digest = (value) => createHash('sha256').update(String(value)).digest('hex').slice(0, 12);
    export default class DiskArtifactStore extends LocalArtifactStore {
      async getStepRunMetadata({ settings }) {
        const { accessKey, region } = this.config;
        return { digests: [accessKey?.reveal(), region, settings.token?.reveal(), settings.note].map(digest) };
      }
    }
  `,
};

/** Writes these files, and installs what they extend. */
export function writeDiskFlavor(root: string, files: Readonly<Record<string, string>> = diskFlavorFiles): void {
  writeFiles(root, files);
  mkdirSync(join(root, 'node_modules', '@stack'), { recursive: true });
  const integration = join(import.meta.dirname, '..', '..', '..', 'integrations', 'local');
  symlinkSync(integration, join(root, 'node_modules', '@stack', 'integration-local'));
}
