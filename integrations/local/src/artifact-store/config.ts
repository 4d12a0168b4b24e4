import { artifactStoreConfig } from '@stack/core';
import type * as z from 'zod';

export const localArtifactStoreConfigSchema = artifactStoreConfig({ schemes: ['file://'], localPath: true });

export type LocalArtifactStoreConfig = z.output<typeof localArtifactStoreConfigSchema>;
