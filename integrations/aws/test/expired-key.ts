import { setTimeout as delay } from 'node:timers/promises';
import { fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import { roleOfAccount, type S3Account } from '../../../tools/backends/s3-server.ts';
import type { S3StoreInput } from './open-s3-store.ts';

/** A temporary key that the server of an account gave for a second, which is over. */
export async function expiredKey(
  account: S3Account,
): Promise<Pick<S3StoreInput, 'accessKeyId' | 'secretAccessKey' | 'sessionToken'>> {
  const { endpoint, region, ...masterCredentials } = account;
  const takeRole = fromTemporaryCredentials({
    params: { RoleArn: roleOfAccount, RoleSessionName: 'expired', DurationSeconds: 1 },
    masterCredentials,
    clientConfig: { endpoint, region },
  });
  const { accessKeyId, secretAccessKey, sessionToken, expiration = new Date() } = await takeRole();
  // Ceph takes it within the second in which it expires.
  await delay(expiration.getTime() - Date.now() + 1000);
  return { accessKeyId, secretAccessKey, sessionToken };
}
