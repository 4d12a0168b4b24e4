import { artifactStoreConfig } from '@stack/core';
import * as z from 'zod';

export const myArtifactStoreConfigSchema = artifactStoreConfig({ schemes: ['lmdb://'] }).extend({
  waitForDisk: z.boolean().default(true).describe('Whether a write waits until its bytes are on the disk'),
});

export type MyArtifactStoreConfig = z.output<typeof myArtifactStoreConfigSchema>;
