import * as z from 'zod';

export const localSecretStoreConfigSchema = z.object({
  keyFile: z
    .string()
    .min(1)
    .optional()
    .describe(
      'File with the key of the project, outside of it, for this user alone. Default: one of its own in the folder stack/keys of the user. STACK_SECRETS_KEY goes before it',
    ),
});

export type LocalSecretStoreConfig = z.output<typeof localSecretStoreConfigSchema>;
