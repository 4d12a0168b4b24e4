import { CreateSecretCommand, GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import { describe, expect, test } from 'vitest';
import { whyUnavailable } from './backend.ts';
import { moto } from './moto.ts';

const obstacle = await whyUnavailable(moto);
const reason = obstacle === undefined ? '' : ` (skipped: ${obstacle})`;

describe.skipIf(obstacle !== undefined)(`moto${reason}`, () => {
  test('keeps a secret for its user and role, refuses others, and is gone afterwards', async () => {
    await using server = await moto.start();
    const { accessKeyId, endpoint, region, roleArn, secretAccessKey, stranger } = server;
    const user = { accessKeyId, secretAccessKey };
    const get = new GetSecretValueCommand({ SecretId: 'a/b' });

    const secrets = new SecretsManagerClient({ endpoint, region, credentials: user });
    await secrets.send(new CreateSecretCommand({ Name: 'a/b', SecretString: 'kept' }));
    expect((await secrets.send(get)).SecretString).toBe('kept');

    const role = fromTemporaryCredentials({
      masterCredentials: user,
      params: { RoleArn: roleArn },
      clientConfig: { endpoint, region },
    });
    const byRole = new SecretsManagerClient({ endpoint, region, credentials: role });
    expect((await byRole.send(get)).SecretString).toBe('kept');

    for (const credentials of [stranger, { ...user, secretAccessKey: 'wrong' }]) {
      const refused = new SecretsManagerClient({ endpoint, region, credentials }).send(get);
      await expect(refused).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
    }

    await server[Symbol.asyncDispose]();
    await expect(fetch(endpoint)).rejects.toThrow();
  }, 60_000);
});
