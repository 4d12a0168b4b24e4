import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';
import type { Backend } from './backend.ts';
import { npmPackage } from './npm-package.ts';
import { answersHttp, findFreePort, makeServerFolder, ServerProcess } from './server-process.ts';

/** The blob service of Azurite, with one account. */
export interface AzuriteServer extends AsyncDisposable {
  /** The URL of the account's blobs. */
  readonly endpoint: string;
  readonly accountName: string;
  readonly accountKey: string;
  readonly connectionString: string;
  /** One that is there, and empty. */
  readonly container: string;
}

const installation = npmPackage({ name: 'azurite', version: '3.37.0', chosenOn: '2026-11-20' });

const accountName = 'stacktest';
const container = 'stack-test';

/** Microsoft's emulator of Azure Storage. */
export const azurite: Backend<AzuriteServer> = {
  name: 'Azurite',
  findObstacle: installation.findObstacle,
  install: installation.install,

  async start() {
    const folder = await makeServerFolder('azurite', undefined);
    const port = await findFreePort();
    const endpoint = `http://127.0.0.1:${port}/${accountName}`;
    const accountKey = randomBytes(64).toString('base64');
    const server = await ServerProcess.start({
      name: 'Azurite',
      command: process.execPath,
      arguments: [
        join(installation.folder, 'node_modules/azurite/dist/src/blob/main.js'),
        ...['--blobHost', '127.0.0.1', '--blobPort', `${port}`, '--location', folder],
        // The client is as a rule ahead of the versions that the emulator knows.
        ...['--skipApiVersionCheck', '--disableTelemetry', '--silent'],
      ],
      environment: { AZURITE_ACCOUNTS: `${accountName}:${accountKey}` },
      endSignal: 'SIGTERM',
      folder,
      isReady: () => answersHttp(endpoint),
    });
    const connectionString = [
      'DefaultEndpointsProtocol=http',
      `AccountName=${accountName}`,
      `AccountKey=${accountKey}`,
      `BlobEndpoint=${endpoint}`,
    ].join(';');
    await BlobServiceClient.fromConnectionString(connectionString).createContainer(container);
    return {
      endpoint,
      accountName,
      accountKey,
      connectionString,
      container,
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
};
