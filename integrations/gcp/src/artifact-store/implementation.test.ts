import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gunzipSync, gzipSync } from 'node:zlib';
import { type Bucket, Storage } from '@google-cloud/storage';
import { type ArtifactStore, createComponent, type ListEntry } from '@stack/core';
import { PassThroughClient } from 'google-auth-library';
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { whyUnavailable } from '../../../../tools/backends/backend.ts';
import type { SharedServer } from '../../../../tools/backends/backends.ts';
import { fakeGcsServer } from '../../../../tools/backends/fake-gcs-server.ts';
import { sharedServer } from '../../../../tools/backends/shared-server.ts';
import { type Reply, TestServer } from '../../test/test-server.ts';
import { Crc32c } from './crc32c.ts';
import { gcsArtifactStoreFlavor } from './flavor.ts';

const obstacle = await whyUnavailable(fakeGcsServer);
const reason = obstacle === undefined ? '' : ` (skipped: ${obstacle})`;
const kibibyte = 1024;
const chunkSize = 256 * kibibyte;
/** Milliseconds that a request takes at most to come to a server, on a machine that has much else to do. */
const patience = 20_000;

function open(config: Readonly<Record<string, unknown>>): Promise<ArtifactStore> {
  return createComponent(gcsArtifactStoreFlavor, {
    name: 'store',
    config: { path: 'gs://bucket/prefix', retry: { attempts: 3, baseDelay: 1 }, ...config },
  });
}

async function keysOf(entries: AsyncIterable<ListEntry>): Promise<string[]> {
  const keys: string[] = [];
  for await (const { path } of entries) keys.push(path);
  return keys;
}

describe.skipIf(obstacle !== undefined)(`a store in fake-gcs-server${reason}`, () => {
  let server: SharedServer<'fake-gcs-server'>;
  let bucket: Bucket;
  let prefix: string;

  beforeAll(async () => {
    server = await sharedServer('fake-gcs-server');
    const { endpoint: apiEndpoint, projectId } = server;
    bucket = new Storage({ apiEndpoint, projectId, authClient: new PassThroughClient() }).bucket(server.bucket);
  }, 60_000);

  beforeEach(() => {
    prefix = randomUUID();
  });

  function openHere(config: Readonly<Record<string, unknown>> = {}): Promise<ArtifactStore> {
    return open({ path: `gs://${server.bucket}/${prefix}`, apiEndpoint: server.endpoint, anonymous: true, ...config });
  }

  test('shares its objects with the client of Google', async () => {
    const store = await openHere({ chunkSize });
    const large = Buffer.alloc(3 * chunkSize + 1, 'large');
    for (const [key, bytes] of Object.entries({ 'small ü': Buffer.from('small'), large, empty: Buffer.alloc(0) })) {
      const { etag, size } = await store.write(key, Readable.from([bytes]), { digest: true });
      const file = bucket.file(`${prefix}/${key}`);
      expect((await file.download())[0].equals(bytes)).toBe(true);
      const [metadata] = await file.getMetadata();
      expect({ etag: `${metadata.generation}`, size: Number(metadata.size) }).toEqual({ etag, size });
      await bucket.file(`${prefix}/theirs/${key}`).save(bytes);
      expect((await store.read(`theirs/${key}`)).equals(bytes)).toBe(true);
    }
    expect(await keysOf(store.walk('theirs'))).toEqual(['theirs/empty', 'theirs/large', 'theirs/small ü']);
  });

  test('a bucket that does not exist is ROOT_NOT_FOUND', async () => {
    const store = await openHere({ path: 'gs://no-such-bucket/a' });
    const attempts = [
      () => store.read('a'),
      () => store.stat('a'),
      () => store.write('a', 'text'),
      () => store.removeMany(['a', 'b']),
      () => store.copy('a', 'b'),
      () => keysOf(store.list()),
    ];
    for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject({ code: 'ROOT_NOT_FOUND' });
    expect(await store.probe()).toMatchObject({ healthy: false });
    expect(await (await openHere()).probe()).toMatchObject({ healthy: true });
  });

  test('a bucket as a whole has no prefix', async () => {
    const store = await openHere({ path: `gs://${server.bucket}/` });
    await store.write(`${prefix}/a`, 'text');
    expect(await keysOf(store.walk(prefix))).toEqual([`${prefix}/a`]);
    expect(await keysOf(store.list())).toContain(prefix);
  });

  test('a digest is known to every store, and tells when the bytes are others', async () => {
    const store = await openHere({ chunkSize });
    for (const size of [10, 2 * chunkSize, 2 * chunkSize + 10]) {
      const source = Readable.from([Buffer.alloc(size, 'a')]);
      const { sha256, etag } = await store.write('a', source, { digest: true });
      expect(await (await openHere()).stat('a')).toMatchObject({ sha256, etag, size });
      const file = bucket.file(`${prefix}/a`);
      const [{ metadata }] = await file.getMetadata();
      await file.save(Buffer.alloc(size, 'b'), { metadata: { metadata } });
      await expect(store.read('a')).rejects.toMatchObject({ code: 'INTEGRITY' });
    }
  });

  test('what others have stored compressed is given as it is stored', async () => {
    const bytes = gzipSync(Buffer.alloc(100_000, 'text'));
    await bucket.file(`${prefix}/a`).save(bytes, { metadata: { contentEncoding: 'gzip' } });
    const store = await openHere();
    expect(await store.size('a')).toBe(bytes.length);
    expect(gunzipSync(await store.read('a'))).toHaveLength(100_000);
  });

  test('objects by which consoles mark folders are left out', async () => {
    for (const name of ['a/', 'a//b', 'c']) await bucket.file(`${prefix}/${name}`).save('');
    const store = await openHere();
    expect(await keysOf(store.walk())).toEqual(['c']);
    expect(await store.isDirectory('a')).toBe(false);
    await store.write('a', 'text');
    expect(await store.readText('a')).toBe('text');
  });

  test('an etag of another form fits no object', async () => {
    const store = await openHere();
    await store.write('a', 'text');
    for (const ifMatch of ['*', '', '0', '-1', '1.5', 'text', '1&x=2', '9'.repeat(30)]) {
      await expect(store.read('a', { ifMatch })).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' });
      await expect(store.write('a', 'new', { ifMatch })).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' });
    }
    expect(await store.readText('a')).toBe('text');
  });
});

const object = { name: 'prefix/a', size: '4', generation: '17', timeCreated: '2026-11-26T10:20:30.456Z' };
const crc32c = `${new Crc32c().update(Buffer.from('text'))}`;

/** Answers what a write asks before it sends anything: that nothing is in its way. */
const nothingThere: Reply = ({ method, path }) => {
  if (method !== 'GET') return undefined;
  return path.endsWith('/o') ? { json: {} } : { status: 404 };
};

/** The requests, recorded, since no server here looks at all that they say. */
describe('a request', () => {
  test('has the credentials, the project that pays, and the conditions of the store', async () => {
    await using server = await TestServer.start(nothingThere, () => ({ json: object }));
    const userProject = 'payer';
    const store = await open({ apiEndpoint: server.endpoint, token: 'secret-token', userProject, kmsKeyName: 'k/1' });
    await store.write('a', 'text', { ifAbsent: true });
    await store.write('a', 'text', { ifMatch: '16' });
    for (const { headers } of server.requests) {
      expect(headers).toMatchObject({ authorization: 'Bearer secret-token', 'x-goog-user-project': 'payer' });
    }
    const writes = server.requests.filter(({ method }) => method === 'POST');
    expect(writes.map(({ query }) => query)).toMatchObject([
      { uploadType: 'multipart', ifGenerationMatch: '0', kmsKeyName: 'k/1' },
      { uploadType: 'multipart', ifGenerationMatch: '16', kmsKeyName: 'k/1' },
    ]);
    expect(writes[0]?.body).toContain(`"crc32c":"${crc32c}"`);
  });

  test('to read is bound to the generation, and what comes of another one is refused', async () => {
    let generation = '17';
    await using server = await TestServer.start(() => ({
      headers: { 'x-goog-generation': generation, 'x-goog-hash': `crc32c=${crc32c},md5=x` },
      body: 'text',
    }));
    const store = await open({ apiEndpoint: server.endpoint, anonymous: true });
    expect(await store.readText('a', { ifMatch: '17' })).toBe('text');
    expect(server.requests[0]).toMatchObject({
      path: '/bucket/prefix/a',
      headers: { 'x-goog-if-generation-match': '17', 'accept-encoding': 'gzip' },
    });
    generation = '18';
    await expect(store.read('a', { ifMatch: '17' })).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' });
  });

  test.each([4, 400_000])('to read %d bytes finds those that have not their CRC32C', async (size) => {
    const headers = { 'x-goog-generation': '17', 'x-goog-hash': 'crc32c=AAAAAA==' };
    await using server = await TestServer.start(() => ({ headers, body: 'a'.repeat(size) }));
    const store = await open({ apiEndpoint: server.endpoint, anonymous: true });
    await expect(store.read('a')).rejects.toMatchObject({ code: 'INTEGRITY' });
    await expect(openAndRead(store)).rejects.toMatchObject({ code: 'INTEGRITY' });
  });

  test('to copy is bound, and sent until the copy is done', async () => {
    const source: Reply = ({ path, method }) =>
      method === 'GET' && path.endsWith('a') ? { json: { ...object, generation: '5' } } : undefined;
    await using server = await TestServer.start(source, nothingThere, ({ query }) => ({
      json:
        query.rewriteToken === 'two'
          ? { done: true, resource: object }
          : { done: false, rewriteToken: nextToken(query) },
    }));
    const store = await open({ apiEndpoint: server.endpoint, anonymous: true });
    expect(await store.copy('a', 'b', { ifAbsent: true })).toMatchObject({ etag: '17', size: 4 });
    const copies = server.requests.filter(({ method }) => method === 'POST');
    expect(copies.map(({ query }) => query.rewriteToken)).toEqual([undefined, 'one', 'two']);
    for (const { query, path } of copies) {
      expect(query).toMatchObject({ sourceGeneration: '5', ifGenerationMatch: '0' });
      expect(path).toBe('/storage/v1/b/bucket/o/prefix%2Fa/rewriteTo/b/bucket/o/prefix%2Fb');
    }
  });

  test('of an upload sends what has not arrived, and at its end the CRC32C and then the digest', async () => {
    const bytes = Buffer.alloc(2 * chunkSize + 5, 'x');
    const expected = `${new Crc32c().update(bytes)}`;
    const session: Reply = ({ method, path, headers }) => {
      if (method === 'POST') return { headers: { location: `${server.endpoint}/session` } };
      if (path !== '/session') return undefined;
      const range = String(headers['content-range']);
      if (range === `bytes 0-${chunkSize - 1}/*`) return { status: 308, headers: { range: 'bytes=0-99999' } };
      if (range.endsWith('/*')) return { status: 308, headers: { range: `bytes=0-${/-(\d+)/.exec(range)?.[1]}` } };
      return { json: { ...object, size: `${bytes.length}`, crc32c: expected } };
    };
    await using server = await TestServer.start(nothingThere, session, () => ({ json: object }));
    const store = await open({ apiEndpoint: server.endpoint, token: 'token', chunkSize });
    const { sha256 } = await store.write('a', Readable.from([bytes]), { digest: true });
    const sent = server.requests.filter(({ path }) => path === '/session');
    expect(sent.map(({ headers }) => headers['content-range'])).toEqual([
      `bytes 0-${chunkSize - 1}/*`,
      `bytes 100000-${chunkSize - 1}/*`,
      `bytes ${chunkSize}-${2 * chunkSize - 1}/*`,
      `bytes ${2 * chunkSize}-${2 * chunkSize + 4}/${bytes.length}`,
    ]);
    expect(sent.map(({ headers }) => headers['x-goog-hash'])).toEqual([
      ...sent.slice(1).map(() => undefined),
      `crc32c=${expected}`,
    ]);
    // Its URI is a credential by itself.
    expect(sent.every(({ headers }) => headers.authorization === undefined)).toBe(true);
    const patch = server.requests.at(-1);
    expect(patch).toMatchObject({ method: 'PATCH', query: { ifGenerationMatch: '17' } });
    expect(JSON.parse(patch?.body ?? '')).toEqual({ metadata: { 'stack-sha256': sha256 } });
  });

  test('of an upload whose first chunks are lost is followed by another upload, if the source can be read again', async () => {
    let uploads = 0;
    const session: Reply = ({ method, headers }) => {
      if (method === 'POST') return { headers: { location: `${server.endpoint}/session/${++uploads}` } };
      if (method === 'DELETE') return { status: 499 };
      const [, end, total] = /-(\d+)\/(.+)/.exec(String(headers['content-range'])) ?? [];
      if (total !== '*') return { json: object };
      return end !== `${chunkSize - 1}` && uploads === 1
        ? { status: 308 }
        : { status: 308, headers: { range: `bytes=0-${end}` } };
    };
    await using server = await TestServer.start(nothingThere, session);
    const store = await open({ apiEndpoint: server.endpoint, anonymous: true, chunkSize });
    const source = () => Readable.from([Buffer.alloc(2 * chunkSize + 5)]);
    await store.write('a', source);
    expect(uploads).toBe(2);
    uploads = 0;
    await expect(store.write('a', source())).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(uploads).toBe(1);
  });

  test('of an upload that fails or is aborted is followed by one that cancels it', async () => {
    const session: Reply = ({ method, path }) => {
      if (method === 'POST') return { headers: { location: `${server.endpoint}/session` } };
      if (path !== '/session') return undefined;
      return method === 'DELETE' ? { status: 499 } : { status: 308, headers: { range: `bytes=0-${chunkSize - 1}` } };
    };
    await using server = await TestServer.start(nothingThere, session);
    const store = await open({ apiEndpoint: server.endpoint, anonymous: true, chunkSize });
    const cancelled = () => server.requests.filter(({ method }) => method === 'DELETE').length;
    const failing = async function* () {
      yield Buffer.alloc(chunkSize);
      await vi.waitFor(() => expect(server.requests.at(-1)?.method).toBe('PUT'), patience);
      throw new Error('the source failed');
    };
    await expect(store.write('a', failing())).rejects.toThrow('the source failed');
    expect(cancelled()).toBe(1);
    const controller = new AbortController();
    const endless = async function* () {
      yield Buffer.alloc(chunkSize);
      await vi.waitFor(() => expect(server.requests.at(-1)?.method).toBe('PUT'), patience);
      controller.abort();
      yield Buffer.alloc(chunkSize);
    };
    await expect(store.write('a', endless(), { signal: controller.signal })).rejects.toMatchObject({ code: 'ABORTED' });
    expect(cancelled()).toBe(2);
  });

  test('of an upload whose bytes were damaged leaves no object', async () => {
    const session: Reply = ({ method, path, query }) => {
      if (method === 'POST') return { headers: { location: `${server.endpoint}/session` } };
      if (path === '/session' && method === 'PUT') return { json: { ...object, crc32c: 'AAAAAA==' } };
      return query.generation === '17' ? { status: 204 } : undefined;
    };
    await using server = await TestServer.start(nothingThere, session, () => ({ status: 499 }));
    const store = await open({ apiEndpoint: server.endpoint, anonymous: true, chunkSize });
    const source = Readable.from([Buffer.alloc(chunkSize + 1)]);
    await expect(store.write('a', source)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(server.requests.some(({ method, query }) => method === 'DELETE' && query.generation === '17')).toBe(true);
  });
});

async function openAndRead(store: ArtifactStore): Promise<Buffer> {
  return buffer(await store.openRead('a'));
}

function nextToken({ rewriteToken }: Readonly<Record<string, string>>): string {
  return rewriteToken === undefined ? 'one' : 'two';
}

describe('a server that', () => {
  test.each([
    [503, 'backendError', 'UNAVAILABLE'],
    [429, 'rateLimitExceeded', 'THROTTLED'],
    [500, 'internalError', 'UNAVAILABLE'],
  ])('answers %d %s is asked as often as retry says, and no more', async (status, name, code) => {
    await using server = await TestServer.start(() => ({ status, json: { error: { errors: [{ reason: name }] } } }));
    const store = await open({ apiEndpoint: server.endpoint, anonymous: true });
    await expect(store.read('a')).rejects.toMatchObject({ code });
    await expect(store.stat('a')).rejects.toMatchObject({ code });
    expect(server.requests).toHaveLength(6);
  });

  test('never answers is given up after the time of each request', async () => {
    await using server = await TestServer.start(() => 'silence');
    const store = await open({ apiEndpoint: server.endpoint, anonymous: true, requestTimeout: 100 });
    await expect(store.stat('a')).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringContaining('within 100 ms'),
    });
    expect(server.requests).toHaveLength(3);
  });

  test('answers with something else is UNAVAILABLE', async () => {
    await using server = await TestServer.start(() => ({ body: '<html>' }));
    const store = await open({ apiEndpoint: server.endpoint, anonymous: true });
    await expect(store.stat('a')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});
