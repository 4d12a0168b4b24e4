import { randomUUID } from 'node:crypto';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
} from '@aws-sdk/client-s3';
import { BlobServiceClient, RestError } from '@azure/storage-blob';
import { describe, expect, it } from 'vitest';
import { whyUnavailable } from '../../../tools/backends/backend.ts';
import { type BackendName, backends } from '../../../tools/backends/backends.ts';
import { type S3Account, s3Client } from '../../../tools/backends/s3-server.ts';
import { sharedServer } from '../../../tools/backends/shared-server.ts';
import { runStack, stack, stackJson, temporaryFolder, writeFiles } from './run-stack.ts';

/** Its process is killed in the middle of a stream into the artifact store, of which the server has much. */
const killed = `
  import { setTimeout as sleep } from 'node:timers/promises';
  import { pipeline, step } from '@stack/pipelines';
  import * as z from 'zod';

  const write = step({ name: 'write' }, async ({ isTold }: { isTold: boolean }, { stack }) => {
    const store = stack.artifactStore;
    async function* bytes() {
      for (let sent = 0; sent < 20; sent++) yield Buffer.alloc(1_000_000);
      const garbage = () => store.collectGarbage({ olderThan: 0, dryRun: true });
      while (isTold && (await garbage()).length === 0) await sleep(20);
      process.kill(process.pid, 'SIGKILL');
      await new Promise(() => {});
    }
    await store.write('kept.txt', 'kept');
    await store.write('big.bin', bytes());
  });
  export const killed = pipeline(
    { name: 'killed', parameters: z.object({ isTold: z.boolean() }) },
    ({ isTold }) => write({ isTold }),
  );
`;

interface Collected {
  readonly store: string;
  readonly garbage: readonly { readonly kind: string; readonly path?: string; readonly size?: number }[];
}

/** A project whose active stack keeps its artifacts on a server. */
class ServerProject implements Disposable {
  readonly #folder = temporaryFolder();
  readonly #root = this.#folder.path;

  constructor(vendor: string, flavor: string, config: object) {
    const name = `@stack/integration-${vendor}`;
    writeFiles(this.#root, {
      'package.json': JSON.stringify({ dependencies: { [name]: '*' } }),
      'killed.ts': killed,
      'config.json': JSON.stringify(config),
    });
    mkdirSync(join(this.#root, 'node_modules', '@stack'), { recursive: true });
    const integration = join(import.meta.dirname, '..', '..', '..', 'integrations', vendor);
    symlinkSync(integration, join(this.#root, 'node_modules', name));
    stack(this.#root, 'init');
    const words = ['--flavor', flavor, '--config=config.json', '--allow-plain-secret'];
    stack(this.#root, 'artifact-store', 'register', 'remote', ...words);
    stack(this.#root, ...'stack register remote --orchestrator default --artifact-store remote --activate'.split(' '));
  }

  /** @param isTold whether the process waits until the store tells of what it would leave */
  writeOnlyHalf(isTold: boolean): void {
    const { status, stderr } = runStack(this.#root, ['pipeline', 'run', 'killed.ts#killed', `--is-told=${isTold}`]);
    // A process that was killed has none.
    expect(status, stderr).toBe(null);
  }

  gc(...words: string[]): Collected {
    return stackJson<Collected>(this.#root, 'artifact-store', 'gc', 'remote', ...words).data;
  }

  gcText(...words: string[]): string {
    return stack(this.#root, 'artifact-store', 'gc', 'remote', ...words);
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }
}

/** Looks at the garbage with the command, removes it, and looks at the backend each time. */
async function expectRemoved(project: ServerProject, unfinished: () => Promise<readonly string[]>): Promise<void> {
  const before = await unfinished();
  expect(before).toHaveLength(1);
  // A day by default: it could be a write that is under way.
  expect(project.gc()).toEqual({ store: 'remote', garbage: [] });
  const left = { kind: 'multipart-upload', path: 'big.bin' };
  const dry = project.gc('--older-than=0s', '--dry-run');
  expect(dry.garbage).toMatchObject([left]);
  expect(dry.garbage[0]?.size).toBeGreaterThan(1_000_000);
  expect(await unfinished()).toEqual(before);
  expect(project.gcText('--older-than=0s')).toMatch(
    /^Removed one thing of [\d.]+ MB that killed processes left in .*\n\n/,
  );
  expect(await unfinished()).toEqual([]);
  expect(project.gcText('--older-than=0s')).toBe(
    'Killed processes left nothing that is old enough in the artifact store "remote".\n',
  );
}

async function describeOn(server: BackendName, body: () => void): Promise<void> {
  const obstacle = await whyUnavailable(backends[server]);
  const reason = obstacle === undefined ? '' : ` (skipped: ${obstacle})`;
  describe.skipIf(obstacle !== undefined)(`stack artifact-store gc on ${backends[server].name}${reason}`, body);
}

function s3Project(bucket: string, folder: string, account: S3Account): ServerProject {
  return new ServerProject('aws', 's3', { path: `s3://${bucket}/${folder}`, ...account, partSize: 5 * 1024 * 1024 });
}

for (const server of ['rgw16', 'rgw18'] as const) {
  await describeOn(server, () => {
    it('removes the unfinished upload of a killed process, and nothing else', { timeout: 180_000 }, async () => {
      const { bucket: Bucket, ...account } = await sharedServer(server);
      using client = Object.assign(s3Client(account), { [Symbol.dispose]: () => client.destroy() });
      const folder = randomUUID();
      const other = { Bucket, Key: `${folder}-of-others/big.bin` };
      const { UploadId } = await client.send(new CreateMultipartUploadCommand(other));
      const unfinished = async (Prefix: string) => {
        const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix }));
        return Uploads.map(({ Key = '' }) => Key);
      };
      using project = s3Project(Bucket, folder, account);
      project.writeOnlyHalf(true);
      await expectRemoved(project, () => unfinished(`${folder}/`));
      const kept = await client.send(new GetObjectCommand({ Bucket, Key: `${folder}/kept.txt` }));
      expect(await kept.Body?.transformToString()).toBe('kept');
      expect(await unfinished(`${folder}-of-others/`)).toEqual([other.Key]);
      await client.send(new AbortMultipartUploadCommand({ ...other, UploadId }));
    });
  });
}

await describeOn('minio', () => {
  it('finds nothing, since MinIO tells of no uploads below a prefix, and removes nothing', {
    timeout: 180_000,
  }, async () => {
    const { bucket: Bucket, ...account } = await sharedServer('minio');
    using client = Object.assign(s3Client(account), { [Symbol.dispose]: () => client.destroy() });
    const folder = randomUUID();
    const other = { Bucket, Key: `${folder}/of-others.bin` };
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(other));
    using project = s3Project(Bucket, folder, account);
    project.writeOnlyHalf(false);
    expect(project.gc('--older-than=0s')).toEqual({ store: 'remote', garbage: [] });
    const kept = await client.send(new GetObjectCommand({ Bucket, Key: `${folder}/kept.txt` }));
    expect(await kept.Body?.transformToString()).toBe('kept');
    const { Uploads } = await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: other.Key }));
    expect(Uploads).toMatchObject([{ UploadId }]);
    await client.send(new AbortMultipartUploadCommand({ ...other, UploadId }));
  });
});

await describeOn('azurite', () => {
  it('removes the uncommitted blocks of a killed process, and nothing else', { timeout: 180_000 }, async () => {
    const { connectionString, endpoint, accountName, accountKey } = await sharedServer('azurite');
    const containers = BlobServiceClient.fromConnectionString(connectionString);
    const container = containers.getContainerClient(`gc-${randomUUID()}`);
    await container.create();
    const blocksOf = async (key: string) => {
      try {
        const { uncommittedBlocks = [] } = await container.getBlockBlobClient(key).getBlockList('uncommitted');
        return uncommittedBlocks.length;
      } catch (error) {
        if (error instanceof RestError && error.statusCode === 404) return 0;
        throw error;
      }
    };
    await container.getBlockBlobClient('others/big.bin').stageBlock('AAAA', 'text', 4);
    using project = new ServerProject('azure', 'azure', {
      path: `az://${container.containerName}/artifacts`,
      endpoint,
      accountName,
      accountKey,
      blockSize: 1024 * 1024,
    });
    project.writeOnlyHalf(true);
    const key = 'artifacts/big.bin';
    await expectRemoved(project, async () => ((await blocksOf(key)) > 0 ? [key] : []));
    const kept = await container.getBlockBlobClient('artifacts/kept.txt').downloadToBuffer();
    expect(kept.toString()).toBe('kept');
    expect(await blocksOf('others/big.bin')).toBe(1);
    await container.delete();
  });
});

await describeOn('fake-gcs-server', () => {
  it('has nothing to remove, since Google forgets uploads by itself, and removes nothing', {
    timeout: 180_000,
  }, async () => {
    const { endpoint, bucket } = await sharedServer('fake-gcs-server');
    const folder = randomUUID();
    using project = new ServerProject('gcp', 'gcs', {
      path: `gs://${bucket}/${folder}`,
      apiEndpoint: endpoint,
      anonymous: true,
      chunkSize: 256 * 1024,
    });
    project.writeOnlyHalf(false);
    const objects = async () => {
      const response = await fetch(`${endpoint}/storage/v1/b/${bucket}/o?prefix=${folder}/`);
      const { items } = (await response.json()) as { readonly items: readonly { readonly name: string }[] };
      return items.map(({ name }) => name.slice(folder.length + 1));
    };
    const before = await objects();
    expect(before).toContain('kept.txt');
    expect(before).not.toContain('big.bin');
    expect(project.gc('--older-than=0s')).toEqual({ store: 'remote', garbage: [] });
    expect(await objects()).toEqual(before);
  });
});
