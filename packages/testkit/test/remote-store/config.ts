import { artifactStoreConfig, secretField } from '@stack/core';
import * as z from 'zod';

export const remoteArtifactStoreConfigSchema = artifactStoreConfig({ schemes: ['remote://'] }).extend({
  /** Where the server listens. */
  endpoint: z.url(),
  token: secretField(),
  /** Milliseconds after which a request without an answer is given up. */
  requestTimeout: z.number().default(2000),
});

export type RemoteArtifactStoreConfig = z.output<typeof remoteArtifactStoreConfigSchema>;
