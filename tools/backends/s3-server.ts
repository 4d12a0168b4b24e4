import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';

/** Where an S3 service is, and who may do everything in it. */
export interface S3Account {
  /** Buckets are the first segment of the path. */
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A server of the protocol of S3, with one account. */
export interface S3Server extends S3Account, AsyncDisposable {
  /** One that is there, and empty. */
  readonly bucket: string;
}

/**
 * A role that the account may take, of the token service at the same endpoint. Ceph gives it for a second, too, so that it
 * can expire; MinIO gives any role.
 */
export const roleOfAccount = 'arn:aws:iam:::role/stack-test';

/** A client as most stores are used from this repository. */
export function s3Client({ endpoint, region, accessKeyId, secretAccessKey }: S3Account): S3Client {
  return new S3Client({ endpoint, region, credentials: { accessKeyId, secretAccessKey }, forcePathStyle: true });
}

/** Makes the bucket of a server that has just been started. */
export async function createBucket(account: S3Account, bucket: string): Promise<void> {
  const client = s3Client(account);
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
}
