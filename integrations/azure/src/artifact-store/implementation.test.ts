import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { BlobServiceClient, type ContainerClient, ContainerSASPermissions } from '@azure/storage-blob';
import { type ArtifactStore, createComponent, type ListEntry } from '@stack/core';
import { beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { azurite } from '../../../../tools/backends/azurite.ts';
import { whyUnavailable } from '../../../../tools/backends/backend.ts';
import type { SharedServer } from '../../../../tools/backends/backends.ts';
import { sharedServer } from '../../../../tools/backends/shared-server.ts';
import { placeholderType } from './blob-stat.ts';
import { blockId } from './block-id.ts';
import { azureArtifactStoreFlavor } from './flavor.ts';

const obstacle = await whyUnavailable(azurite);
const reason = obstacle === undefined ? '' : ` (skipped: ${obstacle})`;
const kibibyte = 1024;

describe.skipIf(obstacle !== undefined)(`a store in Azurite${reason}`, () => {
  let server: SharedServer<'azurite'>;
  let container: ContainerClient;
  let prefix: string;

  beforeAll(async () => {
    server = await sharedServer('azurite');
    container = BlobServiceClient.fromConnectionString(server.connectionString).getContainerClient(
      `test-${randomUUID()}`,
    );
    await container.create();
    return async () => void (await container.delete());
  }, 60_000);

  beforeEach(() => {
    prefix = randomUUID();
  });

  /** Opens a store by the key of the account, unless the config has other credentials. */
  function open(config: Readonly<Record<string, unknown>> = {}): Promise<ArtifactStore> {
    const hasCredentials = 'sasToken' in config || 'connectionString' in config;
    return createComponent(azureArtifactStoreFlavor, {
      name: 'store',
      config: {
        path: `az://${container.containerName}/${prefix}`,
        retry: { attempts: 2, baseDelay: 1 },
        ...(!('connectionString' in config) && { endpoint: server.endpoint }),
        ...(!hasCredentials && { accountName: server.accountName, accountKey: server.accountKey }),
        ...config,
      },
    });
  }

  async function sasToken(permissions: string, expiresOn: Date): Promise<string> {
    const url = await container.generateSasUrl({ permissions: ContainerSASPermissions.parse(permissions), expiresOn });
    return new URL(url).search;
  }

  /** The names of what is staged below the prefix and not committed. */
  async function stagedBlobs(): Promise<string[]> {
    const names: string[] = [];
    for await (const { name } of container.listBlobsFlat({ prefix, includeUncommitedBlobs: true })) names.push(name);
    return names;
  }

  describe('paths', () => {
    test('of all forms are those of one root', async () => {
      const account = server.accountName;
      const store = await open({
        path: `abfss://${container.containerName}@${account}.dfs.core.windows.net/${prefix}/`,
      });
      expect(store.root).toBe(`az://${container.containerName}/${prefix}`);
      await store.write('a', 'text');
      for (const root of [store.root, store.root.replace('az:', 'abfs:')]) {
        expect(await store.readText(`${root}/a`)).toBe('text');
      }
      const ofAccount = (name: string) => `abfss://${container.containerName}@${name}.dfs.core.windows.net/${prefix}/a`;
      expect(await store.readText(ofAccount(account))).toBe('text');
      await expect(store.read(ofAccount('other'))).rejects.toMatchObject({ code: 'PATH_OUTSIDE_STORE' });
      await expect(store.read(`${store.root}/a/`)).rejects.toMatchObject({ code: 'PATH_INVALID' });
    });

    test('of a container as a whole have no prefix', async () => {
      const store = await open({ path: `az://${container.containerName}` });
      await store.write(`${prefix}/a`, 'text');
      expect(await keysOf(store.walk(prefix))).toEqual([`${prefix}/a`]);
      expect(await keysOf(store.list())).toContain(prefix);
    });

    test('that Azure would change are escaped, and those that it cannot hold are PATH_INVALID', async () => {
      const store = await open();
      const keys = ['a%u005Cb', 'a%u002E', 'a.', 'b./c.', 'a\\b'];
      for (const key of keys) await store.write(key, key);
      expect(await keysOf(store.walk())).toEqual(keys.sort(byBytes));
      expect(await keysOf(store.glob('a.*'))).toEqual(['a.']);
      const names: string[] = [];
      for await (const { name } of container.listBlobsFlat({ prefix })) names.push(name.slice(prefix.length + 1));
      expect(names.sort()).toEqual(['a%u002E', 'a%u002%E', 'b%u002E/c%u002E', 'a%u005Cb', 'a%u005%Cb'].sort());
      const long = Array.from({ length: 4 }, () => '\\'.repeat(200)).join('/');
      await expect(store.write(long, 'text')).rejects.toMatchObject({ code: 'PATH_INVALID' });
    });
  });

  describe('credentials', () => {
    test('of two stores in one process are apart', async () => {
      const owner = await open();
      const reader = await open({ sasToken: await sasToken('rl', inAnHour()) });
      await owner.write('a', 'text');
      expect(await reader.readText('a')).toBe('text');
      await expect(reader.write('a', 'new')).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
      await owner.write('a', 'new');
      expect(await reader.readText('a')).toBe('new');
    });

    test('may be a shared access signature for everything but signing', async () => {
      const store = await open({ sasToken: await sasToken('racwdl', inAnHour()), blockSize: 64 * kibibyte });
      await store.write('a', randomBytes(200 * kibibyte));
      await store.copy('a', 'b');
      await store.rename('b', 'c');
      expect(await keysOf(store.walk())).toEqual(['a', 'c']);
      await store.removeTree('');
      await expect(store.signedUrl('a')).rejects.toMatchObject({ code: 'CAPABILITY_UNSUPPORTED' });
    });

    test('may be a connection string', async () => {
      const store = await open({ connectionString: server.connectionString });
      await store.write('a', 'text');
      expect(await (await fetch((await store.signedUrl('a')).url)).text()).toBe('text');
    });

    test('that is no connection string is CONFIG_INVALID, and is not shown', async () => {
      const store = await open({ connectionString: 'AccountKey=verysecretindeed' });
      const failure = await store.read('a').catch((error) => error);
      expect(failure).toMatchObject({ code: 'CONFIG_INVALID' });
      expect(failure.message).not.toContain('verysecret');
    });

    test('that are wrong or expired are ACCESS_DENIED, and are not shown', async () => {
      const wrong = randomBytes(64).toString('base64');
      const expired = await sasToken('racwdl', new Date(Date.now() - 60_000));
      for (const config of [{ accountName: server.accountName, accountKey: wrong }, { sasToken: expired }]) {
        const store = await open(config);
        const attempts = [
          () => store.read('a'),
          () => store.stat('a'),
          () => store.write('a', 'text'),
          () => store.remove('a'),
          () => keysOf(store.list()),
        ];
        for (const attempt of attempts) {
          const failure = await attempt().catch((error) => error);
          expect(failure).toMatchObject({ code: 'ACCESS_DENIED' });
          expect(failure.message).toMatch(/failed: \w/);
          expect(`${failure.stack}${failure.cause?.stack}`).not.toContain(/sig=([^&]+)/.exec(expired)?.[1]);
        }
        expect(await store.probe()).toMatchObject({ healthy: false });
      }
    });
  });

  test('a container that does not exist is ROOT_NOT_FOUND', async () => {
    const store = await open({ path: 'az://no-such-container/a' });
    await expect(store.read('a')).rejects.toMatchObject({ code: 'ROOT_NOT_FOUND' });
    await expect(store.write('a', 'text')).rejects.toMatchObject({ code: 'ROOT_NOT_FOUND' });
    await expect(keysOf(store.list())).rejects.toMatchObject({ code: 'ROOT_NOT_FOUND' });
    await expect(store.exists('a')).rejects.toMatchObject({ code: 'ROOT_NOT_FOUND' });
    await expect(store.removeMany(['a', 'b'])).rejects.toMatchObject({ code: 'ROOT_NOT_FOUND' });
    expect(await store.probe()).toMatchObject({ healthy: false });
  });

  test('probe says that the root can be listed', async () => {
    expect(await (await open()).probe()).toMatchObject({ healthy: true });
  });

  describe('blocks', () => {
    const blockSize = 64 * kibibyte;

    /** Waits until so many blocks of an object are staged, however long that takes on a busy machine. */
    async function whenStaged(key: string, count: number): Promise<void> {
      await vi.waitFor(async () => {
        const { uncommittedBlocks } = await container
          .getBlockBlobClient(`${prefix}/${key}`)
          .getBlockList('uncommitted');
        expect(uncommittedBlocks).toHaveLength(count);
      }, 20_000);
    }

    test.each([0, 1, blockSize - 1, blockSize, blockSize + 1, 5 * blockSize, 5 * blockSize + 1])(
      'hold %d bytes in as few as there can be',
      async (size) => {
        const store = await open({ blockSize });
        const bytes = randomBytes(size);
        const blocksOf = async (key: string) => {
          const list = await container.getBlockBlobClient(`${prefix}/${key}`).getBlockList('committed');
          return (list.committedBlocks ?? []).map((block) => block.size);
        };
        const rest = size % blockSize;
        const expected = Array.from({ length: Math.floor(size / blockSize) }, () => blockSize);
        if (rest > 0) expected.push(rest);
        // One block is written as a blob, without staging.
        const committed = size <= blockSize ? [] : expected;
        const sources = { bytes, stream: Readable.from([bytes.subarray(0, 100_000), bytes.subarray(100_000)]) };
        for (const [key, source] of Object.entries(sources)) {
          expect(await store.write(key, source)).toMatchObject({ size });
          expect(await blocksOf(key)).toEqual(committed);
          expect((await store.read(key)).equals(bytes)).toBe(true);
        }
      },
    );

    test('are staged once it is known which object the write of another would replace', async () => {
      const { promise: isAsked, resolve: ask } = Promise.withResolvers<void>();
      const { promise: isWritten, resolve: goOn } = Promise.withResolvers<void>();
      const { hostname, port, pathname } = new URL(server.endpoint);
      const proxy = createServer((incoming, outgoing) => {
        const { method, url: path, headers } = incoming;
        const forward = () => {
          const forwarded = request({ hostname, port, method, path, headers }, (answer) => {
            outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
            answer.pipe(outgoing);
          });
          incoming.pipe(forwarded);
        };
        if (method !== 'HEAD') return forward();
        ask();
        void isWritten.then(forward);
      });
      onTestFinished(() => {
        proxy.closeAllConnections();
        proxy.close();
      });
      proxy.listen(0, '127.0.0.1');
      await once(proxy, 'listening');
      const endpoint = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}${pathname}`;
      const bytes = randomBytes(3 * blockSize);
      // Bytes would be sent again.
      const writing = (await open({ blockSize, endpoint })).write('a', Readable.from([bytes]));
      await isAsked;
      // Time for blocks to be staged, which the other write would throw away.
      await delay(200);
      const other = await open({ blockSize });
      await other.write('a', randomBytes(2 * blockSize));
      goOn();
      await writing;
      expect((await other.read('a')).equals(bytes)).toBe(true);
    });

    test('that were staged by a write that fails are thrown away', async () => {
      const store = await open({ blockSize });
      const source = async function* () {
        yield randomBytes(5 * blockSize);
        await whenStaged('a', 5);
        throw new Error('the source failed');
      };
      await expect(store.write('a', source())).rejects.toThrow('the source failed');
      expect(await stagedBlobs()).toEqual([]);
    });

    test('that others have staged for the same blob are left alone', async () => {
      const store = await open({ blockSize });
      const blob = container.getBlockBlobClient(`${prefix}/a`);
      const id = Buffer.alloc(48, 'x').toString('base64');
      await blob.stageBlock(id, 'foreign', 7);
      const source = async function* () {
        yield randomBytes(5 * blockSize);
        throw new Error('the source failed');
      };
      await expect(store.write('a', source())).rejects.toThrow('the source failed');
      expect(await store.collectGarbage({ olderThan: 0 })).toEqual([]);
      await blob.commitBlockList([id]);
      expect(await store.readText('a')).toBe('foreign');
    });

    test('that another write has thrown away were overwritten by it', async () => {
      const [store, other] = [await open({ blockSize }), await open({ blockSize })];
      const winner = randomBytes(3 * blockSize);
      const source = async function* (key: string) {
        yield randomBytes(5 * blockSize);
        await whenStaged(key, 5);
        await other.write(key, winner);
        yield randomBytes(blockSize);
      };
      const stat = await store.write('a', source('a'));
      expect(stat).toMatchObject({ size: 6 * blockSize });
      expect((await store.read('a')).equals(winner)).toBe(true);
      await expect(store.write('a', 'new', { ifMatch: stat.etag })).rejects.toMatchObject({
        code: 'PRECONDITION_FAILED',
      });
      const { etag } = await store.write('b', 'old');
      await expect(store.write('b', source('b'), { ifMatch: etag })).rejects.toMatchObject({
        code: 'PRECONDITION_FAILED',
      });
      await expect(store.write('c', source('c'), { ifAbsent: true })).rejects.toMatchObject({
        code: 'ALREADY_EXISTS',
      });
    });

    test('that are gone, and no object is there, are UNAVAILABLE, and written again if the source can be', async () => {
      const [store, other] = [await open({ blockSize }), await open({ blockSize })];
      let opened = 0;
      const source = async function* () {
        yield randomBytes(5 * blockSize);
        await whenStaged('a', 5);
        if (++opened === 1) {
          await other.write('a', randomBytes(3 * blockSize));
          await other.remove('a');
        }
        yield randomBytes(blockSize);
      };
      await expect(store.write('a', source())).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      opened = 0;
      expect(await store.write('a', source)).toMatchObject({ size: 6 * blockSize });
      expect(opened).toBe(2);
    });

    test('of a killed process are garbage once the last of them is older than asked for', async () => {
      const store = await open({ blockSize });
      const stage = async (key: string, age: number) => {
        const id = Buffer.from(blockId('0123456789abcdef0123', 0), 'base64').toString();
        const aged = id.replace(/\d{13}/, String(Date.now() - age));
        await container
          .getBlockBlobClient(`${prefix}/${key}`)
          .stageBlock(Buffer.from(aged).toString('base64'), 'staged', 6);
      };
      await stage('old\u00e9', 25 * 3_600_000);
      await stage('young', 23 * 3_600_000);
      await store.write('object', '');
      const expected = [{ kind: 'multipart-upload', path: 'old\u00e9', size: 6, id: `${prefix}/old\u00e9` }];
      expect(await store.collectGarbage({ dryRun: true })).toMatchObject(expected);
      expect(await stagedBlobs()).toHaveLength(3);
      expect(await store.collectGarbage()).toMatchObject(expected);
      expect(await store.collectGarbage()).toEqual([]);
      expect(await stagedBlobs()).toEqual([`${prefix}/object`, `${prefix}/young`]);
      expect(await store.collectGarbage({ olderThan: 0 })).toHaveLength(1);
      expect(await keysOf(store.walk())).toEqual(['object']);
    });
  });

  test('what stands for a moment where blocks are thrown away is no object', async () => {
    const store = await open();
    const blob = container.getBlockBlobClient(`${prefix}/a`);
    await blob.upload('', 0, { blobHTTPHeaders: { blobContentType: placeholderType } });
    expect(await keysOf(store.walk())).toEqual([]);
    expect(await keysOf(store.list())).toEqual([]);
    expect(await store.exists('a')).toBe(false);
    for (const end of [undefined, 0, 1]) {
      await expect(store.read('a', { end })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
    await store.write('a', 'text');
    expect(await store.readText('a')).toBe('text');
  });

  test('blobs by which other programs mark directories are left out', async () => {
    const store = await open();
    for (const name of ['a/', 'a//b', 'c']) {
      await container.getBlockBlobClient(`${prefix}/${name}`).upload('x', 1);
    }
    expect(await keysOf(store.walk())).toEqual(['c']);
    expect(await keysOf(store.list('a'))).toEqual([]);
  });

  test('a digest is known to every store, and tells when the bytes are others', async () => {
    const store = await open({ blockSize: 64 * kibibyte });
    for (const size of [10, 200 * kibibyte]) {
      const { sha256 } = await store.write('a', Readable.from([randomBytes(size)]), { digest: true });
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      expect((await (await open()).stat('a')).sha256).toBe(sha256);
      const blob = container.getBlockBlobClient(`${prefix}/a`);
      const { metadata = {} } = await blob.getProperties();
      await blob.upload(randomBytes(size), size, { metadata });
      await expect(store.read('a')).rejects.toMatchObject({ code: 'INTEGRITY' });
    }
  });

  test('an etag of another form fits no object', async () => {
    const store = await open();
    await store.write('a', 'text');
    for (const ifMatch of ['*', '', 'text', '"one", "two"', '"a\nb"', 'W/"a"']) {
      await expect(store.read('a', { ifMatch })).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' });
      await expect(store.write('a', 'new', { ifMatch })).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' });
    }
    expect(await store.readText('a')).toBe('text');
  });

  test('what is replaced while it is read is no mixture', async () => {
    const size = 40 * 1024 * kibibyte;
    const store = await open();
    await store.write('a', Buffer.alloc(size, 'a'));
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of await store.openRead('a')) {
        if (chunks.length === 0) await store.write('a', Buffer.alloc(size, 'b'));
        chunks.push(chunk);
      }
      expect(Buffer.concat(chunks).byteLength).toBe(size);
    } catch (error) {
      expect(error).toMatchObject({ code: 'UNAVAILABLE' });
    }
    expect(Buffer.concat(chunks).includes('b')).toBe(false);

    const whole = store.read('a');
    for (const letter of ['c', 'd']) await store.write('a', Buffer.alloc(size, letter));
    const bytes = await whole;
    expect(bytes.byteLength).toBe(size);
    expect(bytes.every((byte) => byte === bytes[0])).toBe(true);
  });
});

/** Runs some work with a store whose server answers every request in one way; gives how many requests came. */
async function withServer(
  answer: RequestListener,
  config: Readonly<Record<string, unknown>>,
  work: (store: ArtifactStore) => Promise<void>,
): Promise<number> {
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const store = await createComponent(azureArtifactStoreFlavor, {
      name: 'store',
      config: {
        path: 'az://data/prefix',
        endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/account`,
        accountName: 'account',
        accountKey: 'a2V5',
        retry: { attempts: 3, baseDelay: 1 },
        ...config,
      },
    });
    await work(store);
  } finally {
    server.closeAllConnections();
    server.close();
  }
  return requests;
}

describe('a server that', () => {
  test.each([
    [503, 'ServerBusy', 'THROTTLED'],
    [500, 'InternalError', 'UNAVAILABLE'],
    [500, 'OperationTimedOut', 'TIMEOUT'],
  ])('answers %d %s is asked as often as retry says, and no more', async (status, code, expected) => {
    const answer: RequestListener = (_, response) =>
      response.writeHead(status, { 'x-ms-error-code': code, 'content-type': 'application/xml' }).end();
    const requests = await withServer(answer, {}, async (store) => {
      await expect(store.read('a')).rejects.toMatchObject({ code: expected });
      await expect(store.stat('a')).rejects.toMatchObject({ code: expected });
    });
    expect(requests).toBe(6);
  });

  test('never answers is given up after the time of each request', async () => {
    const requests = await withServer(
      () => {},
      { requestTimeout: 100 },
      async (store) => {
        await expect(store.read('a')).rejects.toMatchObject({
          code: 'TIMEOUT',
          message: expect.stringContaining('within 100 ms'),
        });
      },
    );
    expect(requests).toBe(3);
  });

  test('never goes on with its answer is given up as well', async () => {
    const answer: RequestListener = (_, response) => {
      response.writeHead(200, { 'content-length': 100, etag: '"0x1"' }).write('begins');
    };
    const requests = await withServer(answer, { requestTimeout: 100 }, async (store) => {
      await expect(store.read('a')).rejects.toMatchObject({ code: 'TIMEOUT' });
    });
    expect(requests).toBe(3);
  });

  test('never goes on with a large object is asked for the rest', async () => {
    const size = 1024 * kibibyte;
    const answer: RequestListener = (request, response) => {
      const start = Number(/^bytes=(\d+)-/.exec(String(request.headers['x-ms-range']))?.[1] ?? 0);
      const range = { 'content-range': `bytes ${start}-${size - 1}/${size}`, 'content-length': size - start };
      response.writeHead(start === 0 ? 200 : 206, {
        ...(start > 0 && range),
        'content-length': size - start,
        etag: '"0x1"',
      });
      if (start === 0) response.write(Buffer.alloc(size / 2));
      else response.end(Buffer.alloc(size - start));
    };
    const requests = await withServer(answer, { requestTimeout: 100 }, async (store) => {
      expect((await store.read('a')).byteLength).toBe(size);
    });
    expect(requests).toBe(2);
  });

  test('is waited for by a slow reader is not given up', async () => {
    const bytes = Buffer.alloc(4096 * kibibyte);
    const answer: RequestListener = (_, response) => {
      response.writeHead(200, { 'content-length': bytes.byteLength, etag: '"0x1"' }).end(bytes);
    };
    const requests = await withServer(answer, { requestTimeout: 50 }, async (store) => {
      const stream = await store.openRead('a');
      await once(stream, 'readable');
      await delay(200);
      let size = 0;
      for await (const chunk of stream) size += (chunk as Buffer).byteLength;
      expect(size).toBe(bytes.byteLength);
    });
    expect(requests).toBe(1);
  });

  test('breaks the connection is UNAVAILABLE', async () => {
    const breaks: RequestListener[] = [
      (request) => request.socket.destroy(),
      (request, response) => {
        response.writeHead(206, { 'content-range': 'bytes 0-99/100', 'content-length': 100, etag: '"0x1"' });
        response.flushHeaders();
        setTimeout(() => request.socket.destroy(), 10);
      },
    ];
    for (const answer of breaks) {
      const requests = await withServer(answer, {}, async (store) => {
        await expect(store.read('a')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      });
      expect(requests).toBe(3);
    }
  });
});

async function keysOf(entries: AsyncIterable<ListEntry>): Promise<string[]> {
  const keys: string[] = [];
  for await (const { path } of entries) keys.push(path);
  return keys;
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function inAnHour(): Date {
  return new Date(Date.now() + 3_600_000);
}
