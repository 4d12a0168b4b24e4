import { randomBytes } from 'node:crypto';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Backend } from './backend.ts';
import { debianRoot } from './debian-root.ts';
import { createBucket, type S3Server } from './s3-server.ts';
import { answersHttp, findFreePort, makeServerFolder, ServerProcess } from './server-process.ts';

/** Ceph's gateway for S3, of Debian 13. It holds what it stores in memory. */
export const rgw18 = rgw('Ceph RGW 18.2', 'trixie');

/** Ceph's gateway for S3, of Debian 12: it stands for older servers that speak S3. */
export const rgw16 = rgw('Ceph RGW 16.2', 'bookworm');

function rgw(name: string, suite: 'bookworm' | 'trixie'): Backend<S3Server> {
  const root = debianRoot({
    name: 'ceph',
    suite,
    packages: ['ceph-mon', 'ceph-osd', 'radosgw', 'ceph-common'],
    program: 'radosgw',
  });
  return {
    name,
    findObstacle: root.findObstacle,
    install: root.install,

    async start() {
      const folder = await makeServerFolder('ceph', undefined);
      await copyFile(join(import.meta.dirname, 'run-ceph.sh'), join(folder, 'run-ceph.sh'));
      const [gatewayPort, monitorPort] = [await findFreePort(), await findFreePort()];
      const account = {
        endpoint: `http://127.0.0.1:${gatewayPort}`,
        region: 'us-east-1',
        accessKeyId: 'stack-test',
        secretAccessKey: randomBytes(20).toString('hex'),
      };
      const { accessKeyId, endpoint, secretAccessKey } = account;
      const keys = [accessKeyId, secretAccessKey];
      const server = await ServerProcess.start({
        name,
        ...root.command(folder, 'sh', '/srv/run-ceph.sh', `${gatewayPort}`, `${monitorPort}`, ...keys),
        endSignal: 'SIGKILL',
        folder,
        isReady: () => answersHttp(endpoint, 200),
      });
      const bucket = 'stack-test';
      await createBucket(account, bucket);
      return { ...account, bucket, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
    },
  };
}
