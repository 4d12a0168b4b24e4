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
