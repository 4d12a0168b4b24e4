import { artifactStoreConfig } from '@stack/core';
import * as z from 'zod';

export const localArtifactStoreConfigSchema = artifactStoreConfig({ schemes: ['file://'], localPath: true }).extend({
  durability: z
    .enum(['rename', 'fsync'])
    .default('rename')
    .describe('What a write waits for: its place in the file system, or, for power cuts, the disk as well'),
});

export type LocalArtifactStoreConfig = z.output<typeof localArtifactStoreConfigSchema>;
