import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { S3 } from '@aws-sdk/client-s3';
import { type ArtifactStore, type ConfigInputOf, createComponent } from '@stack/core';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { whyUnavailable } from '../../../../tools/backends/backend.ts';
import { backends } from '../../../../tools/backends/backends.ts';
import { roleOfAccount } from '../../../../tools/backends/s3-server.ts';
import { sharedServer } from '../../../../tools/backends/shared-server.ts';
import { s3ArtifactStoreFlavor } from './flavor.ts';

type Config = ConfigInputOf<typeof s3ArtifactStoreFlavor>;

const partSize = 5 * 1024 * 1024;
/** Two parts and a bit. */
const large = Buffer.alloc(2 * partSize + 17, 'large object ');

async function* inChunks(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let start = 0; start < bytes.length; start += 100_000) yield bytes.subarray(start, start + 100_000);
}

async function pathsOf(store: ArtifactStore): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of store.walk()) paths.push(path);
  return paths;
}

for (const server of ['minio', 'rgw16', 'rgw18'] as const) {
  const obstacle = await whyUnavailable(backends[server]);
  const reason = obstacle === undefined ? '' : ` (skipped: ${obstacle})`;

  describe.skipIf(obstacle !== undefined)(`an artifact store on ${backends[server].name}${reason}`, () => {
    let account: Pick<Config, 'endpoint' | 'region' | 'accessKeyId' | 'secretAccessKey'>;
    let bucket: string;
    let client: S3;
    let prefix: string;

    beforeAll(async () => {
      ({ bucket, ...account } = await sharedServer(server));
      const { accessKeyId = '', secretAccessKey = '', endpoint = '', region = '' } = account;
      client = new S3({ endpoint, region, forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } });
    }, 60_000);

    beforeEach(() => {
      prefix = crypto.randomUUID();
    });

    function createStore(config: Partial<Config> = {}, overrides = {}): Promise<ArtifactStore> {
      const all = {
        path: `s3://${bucket}/${prefix}`,
        ...account,
        partSize,
        retry: { attempts: 2, baseDelay: 1 },
        ...config,
      };
      return createComponent(s3ArtifactStoreFlavor, { name: 'prod', config: all }, overrides);
    }

    /** A store, and the methods of the requests that it sends. */
    async function createWatchedStore(): Promise<[ArtifactStore, string[]]> {
      const methods: string[] = [];
      const { requestHandler } = client.config;
      const handle: typeof requestHandler.handle = (request, options) => {
        methods.push(request.method);
        return requestHandler.handle(request, options);
      };
      return [await createStore({}, { requestHandler: { handle } }), methods];
    }

    test.each([{ checksums: true }, { checksums: false }])('keeps objects of every size, with %j', async (config) => {
      const store = await createStore(config);
      for (const [key, bytes] of Object.entries({
        none: Buffer.alloc(0),
        small: Buffer.from('text'),
        exact: large.subarray(0, 2 * partSize),
        large,
      })) {
        await store.write(`bytes/${key}`, bytes);
        await store.write(`stream/${key}`, inChunks(bytes));
        await store.copy(`stream/${key}`, `copy/${key}`);
        for (const from of ['bytes', 'stream', 'copy'])
          expect((await store.read(`${from}/${key}`)).equals(bytes)).toBe(true);
      }
      const { url, headers } = await store.signedUrl('signed', { method: 'put' });
      expect((await fetch(url, { method: 'PUT', body: new Uint8Array(large), headers })).status).toBe(200);
      expect(await store.size('signed')).toBe(large.length);
      await store.removeTree('');
      expect(await pathsOf(store)).toEqual([]);
    });

    test('sends the parts of a large object side by side, and keeps their order', async () => {
      const store = await createStore({ partConcurrency: 7 });
      const bytes = Buffer.concat(Array.from({ length: 9 }, (_, index) => Buffer.alloc(partSize, index)));
      await store.write('a', inChunks(bytes));
      expect((await store.read('a')).equals(bytes)).toBe(true);
    });

    test('refuses a large object where one is, and leaves nothing of it', async () => {
      const store = await createStore();
      await store.write('a', 'old');
      await expect(store.write('a', inChunks(large), { ifAbsent: true })).rejects.toMatchObject({
        code: 'ALREADY_EXISTS',
      });
      await expect(store.write('a', large, { ifMatch: '123' })).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' });
      await expect(store.write('a', 'new', { ifMatch: '*' })).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' });
      await expect(store.write('a', 'new', { ifMatch: '"\r\nx: y' })).rejects.toMatchObject({
        code: 'PRECONDITION_FAILED',
      });
      expect(await store.readText('a')).toBe('old');
      expect(await store.collectGarbage({ olderThan: 0 })).toEqual([]);
      const { Uploads } = await client.listMultipartUploads({ Bucket: bucket, Prefix: `${prefix}/a` });
      expect(Uploads ?? []).toEqual([]);
    });

    test('writes a large object under a condition, and leaves nothing on this disk', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'stack-test-'));
      vi.stubEnv('TMPDIR', folder);
      try {
        const store = await createStore();
        const { etag } = await store.write('a', inChunks(large), { ifAbsent: true });
        expect((await store.read('a')).equals(large)).toBe(true);
        await store.write('a', inChunks(large.subarray(1)), { ifMatch: etag });
        expect((await store.read('a')).equals(large.subarray(1))).toBe(true);
        await expect(store.write('a', inChunks(large), { ifMatch: etag })).rejects.toMatchObject({
          code: 'PRECONDITION_FAILED',
        });
        const failing = (async function* () {
          yield* inChunks(large);
          throw new Error('the source breaks');
        })();
        await expect(store.write('b', failing, { ifAbsent: true })).rejects.toThrow('the source breaks');
        expect(await pathsOf(store)).toEqual(['a']);
        expect(await readdir(folder)).toEqual([]);
      } finally {
        vi.unstubAllEnvs();
        await rm(folder, { recursive: true });
      }
    });

    test('keeps the SHA-256 where it is known in time', async () => {
      const store = await createStore();
      const { sha256 } = await store.write('small', 'text', { digest: true });
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      expect((await store.stat('small')).sha256).toBe(sha256);
      const { sha256: ofLarge } = await store.write('large', inChunks(large), { digest: true });
      expect((await store.stat('large')).sha256).toBeUndefined();
      await store.write('large', inChunks(large), { sha256: ofLarge });
      expect((await store.stat('large')).sha256).toBe(ofLarge);
      await store.copy('large', 'copy');
      expect((await store.stat('copy')).sha256).toBe(ofLarge);
    });

    test('does not see what others keep that cannot be an artifact', async () => {
      const store = await createStore();
      await store.write('directory/a', 'text');
      const odd = server === 'minio' ? [] : ['a//b', 'a/../b', '//'];
      for (const key of ['', 'directory/', 'empty/', 'empty/.probe/', ...odd]) {
        await client.putObject({ Bucket: bucket, Key: `${prefix}/${key}`, Body: '', ContentLength: 0 });
      }
      expect(await pathsOf(store)).toEqual(['directory/a']);
      expect(await store.isDirectory('empty')).toBe(false);
      await store.write('empty', 'text');
      await store.write('directory/b', 'text');
      expect(await pathsOf(store)).toEqual(['directory/a', 'directory/b', 'empty']);
    });

    test('sees a directory whose first key sorts before it', async () => {
      const store = await createStore();
      await store.write('a.\u{10FFFF}\u{10FFFF}', 'text');
      await store.write('a', 'text');
      await store.write('b/c', 'text');
      await store.write('b.\u{10FFFF}\u{10FFFF}', 'text');
      await expect(store.write('b', 'text')).rejects.toMatchObject({ code: 'PATH_CONFLICT' });
    });

    test('looks for what is in the way of the first two writes to a directory', async () => {
      const [store, methods] = await createWatchedStore();
      // The first time that something is not there, it looks whether the bucket is.
      await store.exists('nothing');
      methods.length = 0;
      for (const name of ['1', '2', '3', '4']) await store.write(`directory/${name}`, 'text');
      expect(methods).toEqual(['GET', 'HEAD', 'PUT', 'GET', 'PUT', 'PUT', 'PUT']);
      await expect(store.write('directory', 'text')).rejects.toMatchObject({ code: 'PATH_CONFLICT' });
      await expect(store.write('directory/4/below', 'text')).rejects.toMatchObject({ code: 'PATH_CONFLICT' });
    });

    test('looks once for what is in the way of a folder', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'stack-test-'));
      try {
        for (const name of ['a', 'b', 'c']) await writeFile(join(folder, name), name);
        await writeFile(join(folder, 'large'), large);
        const [store, methods] = await createWatchedStore();
        await store.uploadDirectory(folder, 'up');
        expect(methods.slice(0, 2)).toEqual(['GET', 'HEAD']);
        expect(methods.filter((method) => method === 'GET')).toEqual(['GET']);
        expect(await pathsOf(store)).toEqual(['up/a', 'up/b', 'up/c', 'up/large']);
        await expect(store.uploadDirectory(folder, 'up/a')).rejects.toMatchObject({ code: 'PATH_CONFLICT' });
      } finally {
        await rm(folder, { recursive: true });
      }
    });

    test('gives new objects the parameters of its config, also in parts and in copies', async () => {
      const store = await createStore({ uploadParameters: { Metadata: { owner: 'me' }, ContentType: 'text/x-test' } });
      await store.write('small', 'text', { digest: true });
      await store.write('large', large);
      for (const key of ['small', 'large']) {
        const head = await client.headObject({ Bucket: bucket, Key: `${prefix}/${key}` });
        expect(head.ContentType).toBe('text/x-test');
        expect(head.Metadata).toMatchObject({ owner: 'me' });
      }
    });

    test('tells a missing bucket from a missing object', async () => {
      const store = await createStore({ path: 's3://no-such-bucket/a' });
      const error = {
        code: 'ROOT_NOT_FOUND',
        message: expect.stringContaining('there is no bucket "no-such-bucket"'),
        hint: expect.stringContaining('s3://no-such-bucket'),
      };
      await expect(store.stat('a')).rejects.toMatchObject(error);
      await expect(store.read('a')).rejects.toMatchObject(error);
      await expect(store.write('a', 'text')).rejects.toMatchObject(error);
      await expect(pathsOf(store)).rejects.toMatchObject(error);
      await expect(store.remove('a')).rejects.toMatchObject(error);
    });

    test('is ACCESS_DENIED to who has other keys, beside one that has the right ones', async () => {
      const [own, other] = [await createStore(), await createStore({ secretAccessKey: 'wrong' })];
      await own.write('a', 'text');
      for (const operation of [
        () => other.read('a'),
        () => other.stat('a'),
        () => other.write('a', 'b'),
        () => other.remove('a'),
      ]) {
        await expect(operation()).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
      }
      expect(await own.readText('a')).toBe('text');
    });

    test('probes by writing and reading what no listing shows', async () => {
      const store = await createStore();
      expect(await store.probe()).toEqual({
        healthy: true,
        message: `s3://${bucket}/${prefix} can be written and read.`,
      });
      const { KeyCount } = await client.listObjectsV2({ Bucket: bucket, Prefix: prefix });
      expect(KeyCount).toBe(0);
      const nowhere = await createStore({ path: 's3://no-such-bucket' });
      expect(await nowhere.probe()).toMatchObject({ healthy: false, message: expect.stringContaining('no bucket') });
    });

    // MinIO lists uploads of one key alone.
    if (server !== 'minio')
      test('finds uploads that were left, and removes those that are old enough', async () => {
        const store = await createStore();
        const begun = { Bucket: bucket, Key: `${prefix}/directory/left` };
        const { UploadId } = await client.createMultipartUpload(begun);
        await client.uploadPart({ ...begun, UploadId, PartNumber: 1, Body: large.subarray(0, 1000) });
        await client.createMultipartUpload({ Bucket: bucket, Key: `${prefix}-other/left` });
        const found = { kind: 'multipart-upload', id: UploadId, path: 'directory/left', size: 1000 };
        expect(await store.collectGarbage()).toEqual([]);
        expect(await store.collectGarbage({ olderThan: 0, dryRun: true })).toMatchObject([found]);
        expect(await store.collectGarbage({ olderThan: 0 })).toMatchObject([found]);
        expect(await store.collectGarbage({ olderThan: 0 })).toEqual([]);
        expect((await client.listMultipartUploads({ Bucket: bucket, Prefix: `${prefix}-other` })).Uploads).toHaveLength(
          1,
        );
      });

    if (server !== 'minio')
      test('leaves uploads that were begun just now, however wrong the clock of this machine is', async () => {
        const store = await createStore();
        const begun = { Bucket: bucket, Key: `${prefix}/under-way` };
        const { UploadId } = await client.createMultipartUpload(begun);
        vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3 * 86_400_000 });
        try {
          expect(await store.collectGarbage()).toEqual([]);
          // An answer tells its time in whole seconds.
          await delay(2000);
          expect(await store.collectGarbage({ olderThan: 0 })).toMatchObject([{ id: UploadId }]);
        } finally {
          vi.useRealTimers();
        }
      });

    test('gives the stat of what it copied, when the source is replaced meanwhile', async () => {
      const { requestHandler } = client.config;
      const handle: typeof requestHandler.handle = async (request, options) => {
        if (request.headers['x-amz-copy-source'] !== undefined) {
          await client.putObject({ Bucket: bucket, Key: `${prefix}/a`, Body: 'new and longer' });
        }
        return requestHandler.handle(request, options);
      };
      const store = await createStore({}, { requestHandler: { handle } });
      await store.write('a', 'old', { digest: true });
      const stat = await store.copy('a', 'b');
      expect(await store.readText('b')).toBe('new and longer');
      expect(stat).toEqual(await store.stat('b'));
    });

    test('takes a role, and a temporary key, in the place of a key', async () => {
      const role = { roleArn: roleOfAccount, stsEndpoint: account.endpoint };
      const store = await createStore(role);
      await store.write('a', 'text');
      expect(await store.readText('a')).toBe('text');
      const withoutService = await createStore({ ...role, stsEndpoint: 'http://127.0.0.1:1' });
      await expect(withoutService.readText('a')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      // MinIO gives any role.
      if (server === 'minio') return;
      const other = await createStore({ ...role, roleArn: `${roleOfAccount}-other` });
      await expect(other.readText('a')).rejects.toMatchObject({
        code: 'ACCESS_DENIED',
        message: expect.stringContaining(`the role ${roleOfAccount}-other cannot be taken`),
      });
      await expect(other.exists('a')).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
    });
  });
}

/** Servers that behave as none does that runs here. */
describe('a server that ignores conditions', () => {
  let server: Server;
  let requests: string[];

  beforeEach(async () => {
    requests = [];
    server = createServer((request, response) => void respond(request, response)).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    requests.push(`${request.method}`);
    for await (const _ of request) {
      // It takes everything.
    }
    const xml = request.url?.includes('list-type=2') ? '<ListBucketResult></ListBucketResult>' : '';
    response.writeHead(200, { etag: '"0cc175b9c0f1b6a831c399e269772661"' }).end(xml);
  }

  function createStore(): Promise<ArtifactStore> {
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const config = { path: 's3://bucket', endpoint, accessKeyId: 'id', secretAccessKey: 'a secret key' };
    return createComponent(s3ArtifactStoreFlavor, { name: 'prod', config });
  }

  test.each([{ ifAbsent: true }, { ifMatch: '123' }])('is not asked to write with %j', async (condition) => {
    const store = await createStore();
    const failure = { code: 'CAPABILITY_UNSUPPORTED', message: expect.stringContaining('the server ignores') };
    await expect(store.write('a', 'text', condition)).rejects.toMatchObject(failure);
    const count = requests.length;
    await expect(store.write('a', Readable.from([Buffer.from('text')]), condition)).rejects.toMatchObject(failure);
    // It was found out once.
    expect(requests.length - count).toBeLessThan(count);
    expect(requests.filter((method) => method === 'DELETE')).toHaveLength(1);
  });
});

describe('an answer of whoever stands between', () => {
  test('is told by its status, and a role is asked for as often as the config says', async () => {
    const requests: string[] = [];
    const server = createServer((request, response) => {
      requests.push(`${request.method} ${request.url?.split('?')[0]}`);
      response.writeHead(502).end('<html>bad gateway<html>');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const keys = { accessKeyId: 'id', secretAccessKey: 'a secret key', region: 'us-east-1' };
      const config = { path: 's3://bucket', endpoint, ...keys, retry: { attempts: 3, baseDelay: 1 } };
      const store = await createComponent(s3ArtifactStoreFlavor, { name: 'prod', config });
      const failure = { code: 'UNAVAILABLE', message: expect.stringContaining('HTTP status 502') };
      await expect(store.read('a')).rejects.toMatchObject(failure);
      expect(requests.splice(0)).toEqual(Array.from({ length: 3 }, () => 'GET /bucket/a'));
      const role = { roleArn: 'arn:aws:iam::123456789012:role/test', stsEndpoint: endpoint };
      const withRole = await createComponent(s3ArtifactStoreFlavor, { name: 'prod', config: { ...config, ...role } });
      await expect(withRole.read('a')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      expect(requests).toEqual(Array.from({ length: 3 }, () => 'POST /'));
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

describe('a server that denies a write', () => {
  test.each([
    [1, 'is asked again', undefined],
    [9, 'is asked three times', 'ACCESS_DENIED'],
  ] as const)('%i times %s', async (denials, _, code) => {
    let writes = 0;
    const server = createServer((request, response) => {
      request.resume();
      if (request.method === 'PUT' && ++writes <= denials) {
        response.writeHead(403).end('<Error><Code>AccessDenied</Code><Message>Access Denied.</Message></Error>');
      } else {
        response.writeHead(200, { etag: '"0cc175b9c0f1b6a831c399e269772661"' }).end('<ListBucketResult/>');
      }
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const config = { path: 's3://bucket', endpoint, accessKeyId: 'id', secretAccessKey: 'a secret key' };
      const store = await createComponent(s3ArtifactStoreFlavor, { name: 'prod', config });
      if (code === undefined) await store.write('a', 'text');
      else await expect(store.write('a', 'text')).rejects.toMatchObject({ code });
      expect(writes).toBe(Math.min(denials + 1, 3));
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

describe('a server that gives no answer', () => {
  test.each([
    ['closes the connection', 'UNAVAILABLE', (request: IncomingMessage) => request.socket.destroy()],
    ['closes it in the middle of the bytes', 'UNAVAILABLE', breakOff],
    ['is silent', 'TIMEOUT', () => {}],
    [
      'is silent in the middle of the bytes',
      'TIMEOUT',
      (_: IncomingMessage, response: ServerResponse) => begin(response),
    ],
  ] as const)('and %s is %s', async (_, code, answer) => {
    let requests = 0;
    const server = createServer((request, response) => {
      requests++;
      answer(request, response);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const config = {
        path: 's3://bucket',
        endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        accessKeyId: 'id',
        secretAccessKey: 'a secret key',
        requestTimeout: 200,
        retry: { attempts: 2, baseDelay: 1 },
      };
      const store = await createComponent(s3ArtifactStoreFlavor, { name: 'prod', config });
      await expect(store.read('a')).rejects.toMatchObject({ code });
      expect(requests).toBe(2);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  function begin(response: ServerResponse): void {
    response.writeHead(200, { 'content-length': '1000', etag: '"0cc175b9c0f1b6a831c399e269772661"' });
    response.write('the first bytes');
  }

  function breakOff(_: IncomingMessage, response: ServerResponse): void {
    begin(response);
    setTimeout(() => response.destroy(), 20);
  }
});
