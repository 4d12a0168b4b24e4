import type { SecretsManagerClientConfig } from '@aws-sdk/client-secrets-manager';
import { StackError } from '@stack/core';
import { awsErrorCode } from './aws-error-code.ts';
import type { AwsConnectionConfig } from './config.ts';

type AwsClientOptions = Pick<SecretsManagerClientConfig, 'region' | 'endpoint' | 'profile' | 'credentials'>;

/** What every client of the SDK is made with. What is not configured is left out, so that the SDK finds it by itself. */
export async function awsClientOptions(config: AwsConnectionConfig): Promise<AwsClientOptions> {
  const { region, endpoint, profile, roleArn } = config;
  const keys = accessKeys(config);
  const credentials = roleArn === undefined ? keys : await assumedRole(roleArn, keys, config);
  return {
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
    ...(profile !== undefined && { profile }),
    ...(credentials !== undefined && { credentials }),
  };
}

type AccessKeys = { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string };

function accessKeys({ accessKeyId, secretAccessKey, sessionToken }: AwsConnectionConfig): AccessKeys | undefined {
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  return {
    accessKeyId,
    secretAccessKey: secretAccessKey.reveal(),
    ...(sessionToken !== undefined && { sessionToken: sessionToken.reveal() }),
  };
}

async function assumedRole(
  roleArn: string,
  keys: AccessKeys | undefined,
  { region, profile, externalId, roleSessionName, stsEndpoint }: AwsConnectionConfig,
): Promise<AwsClientOptions['credentials']> {
  // It brings a client of the token service along, which few need.
  const { fromTemporaryCredentials } = await import('@aws-sdk/credential-providers');
  const takeRole = fromTemporaryCredentials({
    params: {
      RoleArn: roleArn,
      ...(roleSessionName !== undefined && { RoleSessionName: roleSessionName }),
      ...(externalId !== undefined && { ExternalId: externalId }),
    },
    ...(keys !== undefined && { masterCredentials: keys }),
    clientConfig: {
      // Who uses the credentials asks again for them.
      maxAttempts: 1,
      ...(region !== undefined && { region }),
      ...(profile !== undefined && { profile }),
      ...(stsEndpoint !== undefined && { endpoint: stsEndpoint }),
    },
  });
  return (properties) => takeRole(properties).catch((error: unknown) => Promise.reject(roleFailure(roleArn, error)));
}

/** What the service says of a role is not to be taken for what another says of an object or a secret. */
function roleFailure(roleArn: string, error: unknown): unknown {
  const code = awsErrorCode(error);
  if (!(error instanceof Error) || (code !== 'NOT_FOUND' && code !== 'ARGUMENT_INVALID')) return error;
  return new StackError({
    code: 'ACCESS_DENIED',
    message: `the role ${roleArn} cannot be taken: ${error.message}`,
    hint: 'Look whether it is there, and whether its trust policy has these credentials.',
    cause: error,
  });
}
