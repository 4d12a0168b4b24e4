import { artifactStoreConfig } from '@stack/core';
import type * as z from 'zod';

export const memoryArtifactStoreConfigSchema = artifactStoreConfig({ schemes: ['memory://'] });

export type MemoryArtifactStoreConfig = z.output<typeof memoryArtifactStoreConfigSchema>;
