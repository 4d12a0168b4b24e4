import { randomBytes } from 'node:crypto';
import { BlobServiceClient } from '@azure/storage-blob';
import type { Backend } from './backend.ts';
import { npmPackage } from './npm-package.ts';
import { answersTcp, findFreePort, makeServerFolder, ServerProcess } from './server-process.ts';

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

export const azuriteInstallation = npmPackage({
  name: 'azurite',
  version: '3.37.0',
  chosenOn: '2026-11-20',
  module: 'dist/src/blob/main.js',
});

const accountName = 'stacktest';
const container = 'stack-test';

/** Microsoft's emulator of Azure Storage. */
export const azurite: Backend<AzuriteServer> = {
  name: 'Azurite',
  findObstacle: azuriteInstallation.findObstacle,
  install: azuriteInstallation.install,

  async start() {
    const server = await runAzurite('http', await makeServerFolder('azurite', undefined));
    await BlobServiceClient.fromConnectionString(server.connectionString).createContainer(container);
    return server;
  },
};

/** Starts it without the container that it is said to have. */
export async function runAzurite(
  scheme: 'http' | 'https',
  folder: string,
  ...options: readonly string[]
): Promise<AzuriteServer> {
  const port = await findFreePort();
  const endpoint = `${scheme}://127.0.0.1:${port}/${accountName}`;
  const accountKey = randomBytes(64).toString('base64');
  const server = await ServerProcess.start({
    name: 'Azurite',
    command: process.execPath,
    arguments: [
      azuriteInstallation.program,
      ...['--blobHost', '127.0.0.1', '--blobPort', `${port}`, '--location', folder],
      // The client is as a rule ahead of the versions that the emulator knows.
      ...['--skipApiVersionCheck', '--disableTelemetry', '--silent'],
      ...options,
    ],
    environment: { AZURITE_ACCOUNTS: `${accountName}:${accountKey}` },
    endSignal: 'SIGTERM',
    folder,
    isReady: () => answersTcp(port),
  });
  const connectionString = [
    `DefaultEndpointsProtocol=${scheme}`,
    `AccountName=${accountName}`,
    `AccountKey=${accountKey}`,
    `BlobEndpoint=${endpoint}`,
  ].join(';');
  return {
    endpoint,
    accountName,
    accountKey,
    connectionString,
    container,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
