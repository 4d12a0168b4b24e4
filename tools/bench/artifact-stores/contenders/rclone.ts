import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { BenchedStore } from '../benched-store.ts';
import type { AzurePlace, Place } from '../place.ts';

const transfers = ['--transfers', '16', '--checkers', '16'];

export default async function openRclone(place: Place): Promise<BenchedStore> {
  const [, version] = /^rclone v(\S+)/.exec(spawnSync('rclone', ['--version'], { encoding: 'utf8' }).stdout) ?? [];
  const { root, environment } = await remote(place);
  const start = (...options: readonly string[]) =>
    spawn('rclone', options, { env: { ...process.env, RCLONE_CONFIG: '', ...environment } });
  const run = async (...options: readonly string[]) => {
    const child = start(...options);
    const [output] = await Promise.all([text(child.stdout), ended(child)]);
    return output;
  };
  const oneProcess = 'it starts a process for each object';
  return {
    by: `rclone ${version}: a process for each turn; rcat and cat through a pipe; copy with 16 files at once; lsf, which gives names and sizes`,
    put: oneProcess,
    get: oneProcess,
    async write(key, source, size) {
      const child = start('rcat', `${root}${key}`, '--size', `${size}`);
      await Promise.all([pipeline(source, child.stdin), ended(child)]);
    },
    async read(key) {
      const child = start('cat', `${root}${key}`);
      ended(child).catch((error: Error) => child.stdout.destroy(error));
      return child.stdout;
    },
    upload: (folder, directory) => run('copy', folder, `${root}${directory}`, ...transfers, '--no-check-dest'),
    download: (directory, folder) => run('copy', `${root}${directory}`, folder, ...transfers, '--no-check-dest'),
    async list(directory) {
      const output = await run('lsf', '--recursive', '--files-only', '--format', 'ps', `${root}${directory}`);
      return output.split('\n').length - 1;
    },
  };
}

async function ended(child: ChildProcess): Promise<void> {
  let complaint = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    complaint = `${complaint}${chunk.toString()}`.slice(-1000);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`rclone ended with ${code}: ${complaint}`);
}

interface Remote {
  /** What keys are put behind. */
  readonly root: string;
  /** Tells rclone what that is. */
  readonly environment: Readonly<Record<string, string>>;
}

async function remote(place: Place): Promise<Remote> {
  switch (place.kind) {
    case 'local':
      return { root: `${place.folder}/`, environment: {} };
    case 's3':
      return {
        root: `bench:${place.bucket}/`,
        environment: {
          RCLONE_CONFIG_BENCH_TYPE: 's3',
          RCLONE_CONFIG_BENCH_PROVIDER: 'Minio',
          RCLONE_CONFIG_BENCH_ENDPOINT: place.endpoint,
          RCLONE_CONFIG_BENCH_REGION: place.region,
          RCLONE_CONFIG_BENCH_ACCESS_KEY_ID: place.accessKeyId,
          RCLONE_CONFIG_BENCH_SECRET_ACCESS_KEY: place.secretAccessKey,
          RCLONE_CONFIG_BENCH_NO_CHECK_BUCKET: 'true',
          RCLONE_S3_CHUNK_SIZE: '16M',
        },
      };
    case 'gcs':
      return {
        root: `bench:${place.bucket}/`,
        environment: {
          RCLONE_CONFIG_BENCH_TYPE: 'google cloud storage',
          RCLONE_CONFIG_BENCH_ENDPOINT: `${place.endpoint}/storage/v1/`,
          RCLONE_CONFIG_BENCH_ANONYMOUS: 'true',
          RCLONE_CONFIG_BENCH_BUCKET_POLICY_ONLY: 'true',
        },
      };
    case 'azure':
      return {
        root: `bench:${place.container}/`,
        environment: {
          RCLONE_CONFIG_BENCH_TYPE: 'azureblob',
          // With the key of an account it makes the host of the name of the account.
          RCLONE_CONFIG_BENCH_SAS_URL: await signedContainerUrl(place),
        },
      };
  }
}

async function signedContainerUrl({ connectionString, container }: AzurePlace): Promise<string> {
  const { BlobServiceClient, ContainerSASPermissions } = await import('@azure/storage-blob');
  const client = BlobServiceClient.fromConnectionString(connectionString).getContainerClient(container);
  const expiresOn = new Date(Date.now() + 86_400_000);
  return client.generateSasUrl({ permissions: ContainerSASPermissions.parse('racwdl'), expiresOn });
}
