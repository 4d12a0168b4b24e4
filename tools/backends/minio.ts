import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Backend } from './backend.ts';
import { goProgram } from './go-program.ts';
import { createBucket, type S3Server } from './s3-server.ts';
import { answersHttp, findFreePort, makeServerFolder, ServerProcess } from './server-process.ts';

// Its releases are no versions of a Go module: this is its newest commit.
const installation = goProgram('github.com/minio/minio', 'v0.0.0-20260212201848-7aac2a2c5b7c');

/** MinIO on one disk: S3 with conditional writes and checksums. */
export const minio: Backend<S3Server> = {
  name: 'MinIO',
  findObstacle: installation.findObstacle,
  install: installation.install,

  async start() {
    const folder = await makeServerFolder('minio', undefined);
    const port = await findFreePort();
    const account = {
      endpoint: `http://127.0.0.1:${port}`,
      region: 'us-east-1',
      accessKeyId: 'stack-test',
      secretAccessKey: randomBytes(20).toString('hex'),
    };
    const server = await ServerProcess.start({
      name: 'MinIO',
      command: installation.program,
      arguments: ['server', '--quiet', '--address', `127.0.0.1:${port}`, join(folder, 'data')],
      environment: {
        MINIO_ROOT_USER: account.accessKeyId,
        MINIO_ROOT_PASSWORD: account.secretAccessKey,
        MINIO_REGION: account.region,
        MINIO_BROWSER: 'off',
        MINIO_UPDATE: 'off',
        // Where it would look for certificates.
        HOME: folder,
      },
      endSignal: 'SIGTERM',
      folder,
      isReady: () => answersHttp(`${account.endpoint}/minio/health/ready`, 200),
    });
    const bucket = 'stack-test';
    await createBucket(account, bucket);
    return { ...account, bucket, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
  },
};
