import { defineFlavor } from '@stack/core';
import { awsSecretStoreConfigSchema } from './config.ts';

/** Keeps secrets in AWS Secrets Manager. */
export const awsSecretStoreFlavor = defineFlavor({
  type: 'secret-store',
  name: 'aws',
  displayName: 'AWS Secrets Manager',
  docsUrl: 'https://docs.aws.amazon.com/secretsmanager/latest/userguide/intro.html',
  configSchema: awsSecretStoreConfigSchema,
  implementation: () => import('./implementation.ts'),
});
