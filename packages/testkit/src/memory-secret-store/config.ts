import * as z from 'zod';

export const memorySecretStoreConfigSchema = z.object({});

export type MemorySecretStoreConfig = z.output<typeof memorySecretStoreConfigSchema>;
