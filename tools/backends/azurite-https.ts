import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { type AzuriteServer, azuriteInstallation, runAzurite } from './azurite.ts';
import type { Backend } from './backend.ts';
import { installDebianPackages } from './debian-packages.ts';
import { runInstaller } from './run-installer.ts';
import { makeServerFolder } from './server-process.ts';

/** An Azurite that takes tokens too. */
export interface AzuriteHttpsServer extends AzuriteServer {
  /** What clients have to trust, in PEM: `tls.setDefaultCACertificates([certificate])`. */
  readonly certificate: string;
  /** What a credential would get from Microsoft Entra ID. Its signature is not looked at, its dates and audience are. */
  readonly token: string;
}

/** Azurite under HTTPS: without that, neither it nor its clients take a token. */
export const azuriteHttps: Backend<AzuriteHttpsServer> = {
  name: 'Azurite under HTTPS',
  findObstacle: () => azuriteInstallation.findObstacle() ?? (hasOpenssl() ? undefined : 'there is no openssl'),
  async install() {
    await azuriteInstallation.install();
    if (!hasOpenssl()) await installDebianPackages('openssl');
  },

  async start() {
    const folder = await makeServerFolder('azurite', undefined);
    const [certificateFile, keyFile] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')];
    await runInstaller('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc', '-days', '2'],
      ...['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'],
      ...['-keyout', keyFile, '-out', certificateFile],
    ]);
    const certificate = await readFile(certificateFile, 'utf8');
    const token = makeToken();
    const tokens = ['--cert', certificateFile, '--key', keyFile, '--oauth', 'basic'];
    const server = await runAzurite('https', folder, ...tokens);
    await createContainer(server, certificate, token);
    return { ...server, certificate, token };
  },
};

function hasOpenssl(): boolean {
  return spawnSync('openssl', ['version']).status === 0;
}

function makeToken(): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    aud: 'https://storage.azure.com',
    iss: 'https://sts.windows.net/stack-test/',
    iat: now,
    nbf: now - 60,
    exp: now + 24 * 60 * 60,
  };
  const parts = [{ alg: 'RS256', typ: 'JWT' }, claims].map((part) => Buffer.from(JSON.stringify(part)));
  return [...parts, Buffer.from('signature')].map((part) => part.toString('base64url')).join('.');
}

/** The official client would have to be told to trust the certificate for all of this process. */
async function createContainer({ container, endpoint }: AzuriteServer, ca: string, token: string): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, 'x-ms-version': '2025-01-05', 'content-length': 0 };
  const creation = request(`${endpoint}/${container}?restype=container`, { ca, method: 'PUT', headers }).end();
  const [response] = (await once(creation, 'response')) as [IncomingMessage];
  response.resume();
  if (response.statusCode !== 201) throw new Error(`Azurite answered ${response.statusCode} to a new container.`);
}
