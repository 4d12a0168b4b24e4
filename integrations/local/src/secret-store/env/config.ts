import * as z from 'zod';

export const envSecretStoreConfigSchema = z.object({});

export type EnvSecretStoreConfig = z.output<typeof envSecretStoreConfigSchema>;
