import { hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { describe, expect, test, vi } from 'vitest';
import { type ErrorCode, StackError } from '../errors/index.ts';
import { addMaskedValue } from '../secrets/index.ts';
import { failureOf } from '../testing/failure-of.ts';
import { BackendError, FaultyStore } from '../testing/faulty-store.ts';
import type { WriteRequest } from './requests.ts';

// Waits as ever, and tells how long.
vi.mock(import('node:timers/promises'), { spy: true });

/** Throws each of the errors once, in turn. */
function failing(...errors: readonly unknown[]): () => void {
  const left = [...errors];
  return () => {
    if (left.length > 0) throw left.shift();
  };
}

/** A stream that breaks after some bytes. */
function breaking(bytes: Buffer, length: number, error: Error = new BackendError('UNAVAILABLE')): Readable {
  return Readable.from(
    (async function* () {
      yield bytes.subarray(0, length);
      throw error;
    })(),
    { objectMode: false },
  );
}

const text = 'abcdefghij';
const unavailable = () => new BackendError('UNAVAILABLE');

describe('a request', () => {
  test.each<ErrorCode>(['UNAVAILABLE', 'TIMEOUT', 'THROTTLED'])('that fails with %s is sent again', async (code) => {
    const store = new FaultyStore();
    store.put('a', text);
    store.before = failing(new BackendError(code), new BackendError(code));
    expect(await store.readText('a')).toBe(text);
    expect(store.requests).toHaveLength(3);
  });

  test.each(['ECONNRESET', 'ETIMEDOUT', 'EAI_AGAIN', 'UND_ERR_SOCKET', 'HPE_INVALID_CONSTANT'])(
    'that fails with %s is, too',
    async (code) => {
      const store = new FaultyStore();
      store.put('a', text);
      store.before = failing(new Error('fetch failed', { cause: Object.assign(new Error(), { code }) }));
      expect(await store.readText('a')).toBe(text);
    },
  );

  test('is sent as often as the config says, and no more', async () => {
    const store = new FaultyStore({ attempts: 2 });
    store.before = failing(unavailable(), unavailable(), unavailable());
    const { code, message, hint } = await failureOf(() => store.stat('a'));
    expect(code).toBe('UNAVAILABLE');
    expect(hint).toMatch(/^Check that the system behind it runs/);
    expect(message).toBe('The stat of "a" in the artifact-store "faulty" (test) failed: the backend said no.');
    expect(store.requests).toHaveLength(2);
  });

  test('that fails for good is sent once', async () => {
    const store = new FaultyStore();
    store.before = failing(new BackendError('ACCESS_DENIED'));
    expect(await failureOf(() => store.stat('a'))).toMatchObject({
      code: 'ACCESS_DENIED',
      hint: expect.stringMatching(/^Check the credentials/),
    });
    expect(store.requests).toHaveLength(1);
  });

  test('that fails for a defect is sent once, and its error is passed on', async () => {
    const store = new FaultyStore();
    const defect = new TypeError('x is not a function');
    store.before = failing(defect);
    await expect(store.stat('a')).rejects.toBe(defect);
    expect(store.requests).toHaveLength(1);
  });

  test('within another one is not tried again further out', async () => {
    const store = new FaultyStore();
    const request = vi.fn(() => Promise.reject(unavailable()));
    const { message } = await failureOf(() => store.sendTwice(request));
    expect(message).toContain('The inner of "a"');
    expect(request).toHaveBeenCalledTimes(3);
  });

  test('waits longer each time, up to the longest delay, at random', async () => {
    const store = new FaultyStore({ attempts: 5, baseDelay: 20, maximumDelay: 50 });
    const waits = async (random: number) => {
      vi.mocked(delay).mockClear();
      const spy = vi.spyOn(Math, 'random').mockReturnValue(random);
      store.before = failing(unavailable(), unavailable(), unavailable(), unavailable());
      await store.size('a');
      spy.mockRestore();
      return vi.mocked(delay).mock.calls.map(([milliseconds]) => milliseconds);
    };
    store.put('a', text);
    expect(await waits(1)).toEqual([20, 40, 50, 50]);
    expect(await waits(0.5)).toEqual([10, 20, 25, 25]);
  });

  test('that waits to be sent again is ABORTED at once', async () => {
    const store = new FaultyStore({ baseDelay: 60_000, maximumDelay: 60_000 });
    store.before = failing(unavailable());
    const signal = AbortSignal.timeout(20);
    const { code, message } = await failureOf(() => store.stat('a', { signal }));
    expect(code).toBe('ABORTED');
    expect(message).toBe('The stat of "a" in the artifact-store "faulty" (test) was cancelled.');
  });
});

describe('an error', () => {
  test('says no credentials', async () => {
    const store = new FaultyStore();
    addMaskedValue('the-secret-key');
    const said = 'no answer from https://user:pass@host:1/bucket/key?X-Amz-Signature=abc&b=c#d for the-secret-key';
    store.before = failing(Object.assign(new BackendError('ACCESS_DENIED', said), { request: { auth: 'header' } }));
    const error = await failureOf(() => store.stat('a'));
    expect(error.message).toContain('no answer from https://host:1/bucket/key for [secret].');
    expect(inspect(error, { depth: Infinity })).not.toMatch(/user:pass|Signature|the-secret-key|header/);
    expect(error.cause).toMatchObject({ message: 'no answer from https://host:1/bucket/key for [secret]' });
  });

  test('that is ABORTED has no credentials in its cause, and the reason of the abort as it is', async () => {
    const store = new FaultyStore();
    const aborting = (controller: AbortController, error: unknown) => () => {
      controller.abort();
      throw error;
    };
    const controller = new AbortController();
    const error = Object.assign(new BackendError(undefined, 'aborted at https://host/a?sig=abc'), {
      request: 'bearer',
    });
    store.before = aborting(controller, error);
    const aborted = await failureOf(() => store.stat('a', { signal: controller.signal }));
    expect(aborted.code).toBe('ABORTED');
    expect(inspect(aborted, { depth: Infinity })).not.toMatch(/sig=|bearer/);
    const reason = new Error('the user has left');
    const withReason = await failureOf(() => store.stat('a', { signal: AbortSignal.abort(reason) }));
    expect(withReason.cause).toBe(reason);
  });

  test('that a flavor makes of one of its backend has no credentials in its cause', async () => {
    const store = new FaultyStore();
    const cause = Object.assign(new Error('no answer from https://host/a?sig=abc'), { request: 'bearer' });
    store.before = failing(new StackError({ code: 'ACCESS_DENIED', message: 'there is no role', cause }));
    const error = await failureOf(() => store.stat('a'));
    expect(error.message).toContain('there is no role');
    expect(inspect(error, { depth: Infinity })).not.toMatch(/sig=|bearer/);
  });

  test.each([
    'EPROTO',
    'ERR_SSL_WRONG_VERSION_NUMBER',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'CERT_HAS_EXPIRED',
    'HPE_INVALID',
  ])('with the code %s of Node is UNAVAILABLE, whether the flavor knows it or not', async (code) => {
    const store = new FaultyStore();
    store.before = () => {
      throw Object.assign(new Error('no connection'), { code });
    };
    expect((await failureOf(() => store.stat('a'))).code).toBe('UNAVAILABLE');
    expect(store.requests).toHaveLength(3);
  });

  test('says the same for one situation whatever the backend said', async () => {
    const store = new FaultyStore();
    const { code, message } = await failureOf(() => store.read('a'));
    expect(code).toBe('NOT_FOUND');
    expect(message).toBe('The read of "a" in the artifact-store "faulty" (test) failed: there is no such object.');
    const other = await failureOf(() => store.stat('a'));
    expect(other.message).toBe(
      'The stat of "a" in the artifact-store "faulty" (test) failed: there is no such object.',
    );
  });

  test('of two keys names both', async () => {
    const store = new FaultyStore();
    const { message } = await failureOf(() => store.copy('a', 'b'));
    expect(message).toContain('The copy of "a" to "b" in the artifact-store "faulty" (test) failed: there is no such');
    const renamed = await failureOf(() => store.rename('a', 'b'));
    expect(renamed.message).toContain(
      'The rename of "a" to "b" in the artifact-store "faulty" (test) failed: there is',
    );
  });
});

describe('a write', () => {
  test('of bytes, and of a function, is tried again', async () => {
    const store = new FaultyStore();
    store.before = failing(unavailable(), unavailable());
    await store.write('bytes', text);
    const open = vi.fn(() => Readable.from([text]));
    store.before = failing(unavailable(), unavailable());
    await store.write('function', open, { sha256: hash('sha256', text) });
    expect(open).toHaveBeenCalledTimes(3);
    expect([...store.objects.values()].map(({ bytes }) => bytes.toString())).toEqual([text, text]);
  });

  test('of a stream is not', async () => {
    const store = new FaultyStore();
    store.before = failing(unavailable());
    expect(await failureOf(() => store.write('a', Readable.from([text])))).toMatchObject({ code: 'UNAVAILABLE' });
    store.before = failing(unavailable());
    const written = async () => pipeline(Readable.from([text]), await store.openWrite('a'));
    expect(await failureOf(written)).toMatchObject({ code: 'UNAVAILABLE' });
    expect(store.requests).toHaveLength(2);
  });

  test('whose source fails with an error of the network is not tried again', async () => {
    const store = new FaultyStore();
    const failure = Object.assign(new Error('reset'), { code: 'ECONNRESET' });
    const open = vi.fn(() => breaking(Buffer.from(text), 3, failure));
    await expect(store.write('a', open)).rejects.toBe(failure);
    expect(open).toHaveBeenCalledTimes(1);
  });

  test('knows the digest of bytes and promises from the start, that of a stream at its end', async () => {
    class LooksEarly extends FaultyStore {
      readonly early: (string | undefined)[] = [];
      protected override doWrite(key: string, source: Uint8Array | Readable, request: WriteRequest) {
        this.early.push(request.digest?.sha256);
        return super.doWrite(key, source, request);
      }
    }
    const store = new LooksEarly();
    const sha256 = hash('sha256', text);
    await store.write('a', text, { digest: true });
    await store.write('b', Readable.from([text]), { sha256 });
    await store.write('c', Readable.from([text]), { digest: true });
    await store.write('d', text);
    expect(store.early).toEqual([sha256, sha256, undefined, undefined]);
    expect([...store.objects.values()].map((object) => object.sha256)).toEqual([sha256, sha256, sha256, undefined]);
  });
});

describe('a write with a condition whose outcome was lost', () => {
  const lost = (store: FaultyStore) => {
    store.after = failing(unavailable());
  };

  test('and that had been done is done', async () => {
    const store = new FaultyStore();
    lost(store);
    const { etag, ...rest } = await store.write('a', text, { ifAbsent: true });
    expect(store.objects.get('a')).toMatchObject({ etag, ...rest });
    lost(store);
    await store.write('a', 'new', { ifMatch: etag });
    expect(await store.readText('a')).toBe('new');
  });

  test('and whose object is that of another is UNAVAILABLE', async () => {
    const store = new FaultyStore();
    store.after = (request) => {
      if (request === 'write a') store.put('a', 'of another', { writeId: 'of another' });
      store.after = () => {};
      throw unavailable();
    };
    const { code, message, hint } = await failureOf(() => store.write('a', text, { ifAbsent: true }));
    expect(code).toBe('UNAVAILABLE');
    expect(message).toContain('may have been done or not: the backend said no');
    expect(hint).toContain('Look at the object');
  });

  test('is UNAVAILABLE where the backend keeps no ids of writes', async () => {
    const store = new FaultyStore();
    store.keepsWriteIds = false;
    lost(store);
    expect(await failureOf(() => store.write('a', text, { ifAbsent: true }))).toMatchObject({ code: 'UNAVAILABLE' });
    lost(store);
    expect(await failureOf(() => store.write('a', text, { ifMatch: 'etag 1' }))).toMatchObject({ code: 'UNAVAILABLE' });
  });

  test('is refused as any other when it was throttled, and so not done', async () => {
    const store = new FaultyStore();
    store.put('a', text);
    store.before = failing(new BackendError('THROTTLED'));
    expect(await failureOf(() => store.write('a', text, { ifAbsent: true }))).toMatchObject({ code: 'ALREADY_EXISTS' });
  });

  test('shows no id of the write to callers', async () => {
    const store = new FaultyStore();
    expect(await store.write('a', text, { ifAbsent: true })).not.toHaveProperty('writeId');
    expect(await store.stat('a')).not.toHaveProperty('writeId');
    expect(store.objects.get('a')?.writeId).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('copies and renames by default', () => {
  test('pass the bytes and their digest through', async () => {
    const store = new FaultyStore();
    const sha256 = hash('sha256', text);
    await store.write('a', text, { digest: true });
    expect(await store.copy('a', 'b')).toMatchObject({ sha256 });
    await store.rename('a', 'c');
    expect([...store.objects].map(([key, { bytes }]) => [key, bytes.toString()])).toEqual([
      ['b', text],
      ['c', text],
    ]);
  });

  test('go on where the connection broke', async () => {
    const store = new FaultyStore();
    store.put('a', text);
    store.body = (bytes, read) => (read === 1 ? breaking(bytes, 4) : bytes);
    await store.copy('a', 'b');
    expect(store.objects.get('b')?.bytes.toString()).toBe(text);
  });

  test('whose outcome was lost are UNAVAILABLE, never NOT_FOUND or ALREADY_EXISTS', async () => {
    const store = new FaultyStore();
    store.put('a', text);
    store.after = (request) => {
      if (request !== 'write b') return;
      store.after = () => {};
      throw unavailable();
    };
    expect(await failureOf(() => store.rename('a', 'b', { ifAbsent: true }))).toMatchObject({ code: 'UNAVAILABLE' });
    expect([...store.objects.keys()]).toEqual(['a', 'b']);
  });

  test('that cannot remove the source keep both', async () => {
    const store = new FaultyStore();
    store.put('a', text);
    store.before = (request) => {
      if (request === 'remove one a') throw new BackendError('ACCESS_DENIED');
    };
    expect(await failureOf(() => store.rename('a', 'b'))).toMatchObject({ code: 'ACCESS_DENIED' });
    expect([...store.objects.keys()]).toEqual(['a', 'b']);
  });
});

describe('a read', () => {
  const read = async (store: FaultyStore, as: 'bytes' | 'stream', range: { start?: number; end?: number } = {}) =>
    as === 'bytes' ? store.read('a', range) : buffer(await store.openRead('a', range));

  test('as bytes begins anew when the object is replaced after a break, since nobody has seen any of it', async () => {
    const store = new FaultyStore();
    store.put('a', 'the old bytes');
    store.body = (bytes, count) => {
      if (count > 1) return bytes;
      store.put('a', text);
      return breaking(bytes, 3);
    };
    expect((await read(store, 'bytes')).toString()).toBe(text);
  });

  describe.each(['bytes', 'stream'] as const)('as %s', (as) => {
    test('goes on at the byte where the connection broke, on the same version', async () => {
      const store = new FaultyStore();
      store.put('a', text);
      store.body = (bytes, count) => (count < 3 ? breaking(bytes, 3) : bytes);
      expect((await read(store, as, { start: 1, end: 9 })).toString()).toBe('bcdefghi');
      expect(store.requests).toEqual(['read a 1-9', 'read a 4-9', 'read a 7-9']);
    });

    test('that ends too early goes on, and is never short', async () => {
      const store = new FaultyStore();
      store.put('a', text);
      store.body = (bytes) => Readable.from([bytes.subarray(0, 1)], { objectMode: false });
      expect((await read(store, as)).toString()).toBe(text);
      store.body = (bytes) => bytes.subarray(0, 4);
      expect((await read(store, as)).toString()).toBe(text);
    });

    test('that never brings a further byte is UNAVAILABLE after the attempts of the config', async () => {
      const store = new FaultyStore();
      store.put('a', text);
      store.body = (bytes, count) => (count === 1 ? breaking(bytes, 3) : breaking(bytes, 0));
      const { code, message } = await failureOf(() => read(store, as));
      expect(code).toBe('UNAVAILABLE');
      expect(message).toContain('The read of "a" in the artifact-store "faulty" (test) failed');
      expect(store.requests).toEqual(['read a 0-', 'read a 3-10', 'read a 3-10']);
      store.body = () => Buffer.alloc(0);
      expect(await failureOf(() => read(store, as))).toMatchObject({ code: 'UNAVAILABLE' });
    });

    test('of an object that is replaced after each break is UNAVAILABLE', async () => {
      const store = new FaultyStore();
      store.put('a', text);
      store.body = (bytes) => {
        store.put('a', text);
        return breaking(bytes, 3);
      };
      const { code, message } = await failureOf(() => read(store, as));
      expect(code).toBe('UNAVAILABLE');
      expect(message).toContain('the connection broke after 3 bytes, and then the object was another');
    });

    const ofRemoved = as === 'bytes' ? 'NOT_FOUND' : 'UNAVAILABLE';
    test(`of an object that is removed after a break is ${ofRemoved}`, async () => {
      const store = new FaultyStore();
      store.put('a', text);
      store.body = (bytes) => {
        store.objects.delete('a');
        return breaking(bytes, 3);
      };
      expect(await failureOf(() => read(store, as))).toMatchObject({ code: ofRemoved });
    });

    test('that breaks for good has the code of that', async () => {
      const store = new FaultyStore();
      store.put('a', text);
      store.body = (bytes) => breaking(bytes, 3, new BackendError('ACCESS_DENIED'));
      expect(await failureOf(() => read(store, as))).toMatchObject({ code: 'ACCESS_DENIED' });
    });

    test('that breaks after its last byte is complete, unless the break says otherwise', async () => {
      const store = new FaultyStore();
      store.put('a', text);
      store.body = (bytes) => breaking(bytes, 10);
      expect((await read(store, as)).toString()).toBe(text);
      store.body = (bytes) => breaking(bytes, 10, new BackendError('INTEGRITY'));
      expect(await failureOf(() => read(store, as))).toMatchObject({ code: 'INTEGRITY' });
    });

    test('of more bytes than there are is INTEGRITY', async () => {
      const store = new FaultyStore();
      store.put('a', text);
      for (const extra of [Buffer.from(`${text}k`), Readable.from([Buffer.from(`${text}k`)], { objectMode: false })]) {
        store.body = () => extra;
        expect(await failureOf(() => read(store, as))).toMatchObject({ code: 'INTEGRITY' });
      }
    });

    test('of a whole object is checked against the digest that the store knows', async () => {
      const store = new FaultyStore();
      store.put('a', text, { sha256: hash('sha256', 'others') });
      const { code, message } = await failureOf(() => read(store, as));
      expect(code).toBe('INTEGRITY');
      expect(message).toContain(`the bytes have the SHA-256 ${hash('sha256', text)}, and not`);
      expect((await read(store, as, { start: 1 })).toString()).toBe(text.slice(1));
      store.put('a', text, { sha256: hash('sha256', text) });
      store.body = (bytes, count) => (count % 2 === 1 ? breaking(bytes, 3) : bytes);
      expect((await read(store, as)).toString()).toBe(text);
    });
  });

  test('of no bytes asks for the stat alone', async () => {
    const store = new FaultyStore();
    store.put('a', text);
    expect(await store.read('a', { start: 3, end: 3 })).toHaveLength(0);
    expect(store.requests).toEqual(['stat a']);
  });

  test('that is given up destroys the body', async () => {
    const store = new FaultyStore();
    store.put('a', text);
    const bodies: Readable[] = [];
    store.body = () => {
      const body = new Readable({ read() {} });
      body.push('a');
      bodies.push(body);
      return body;
    };
    const controller = new AbortController();
    const untouched = await store.openRead('a', { signal: controller.signal });
    const begun = await store.openRead('a', { signal: controller.signal });
    begun.on('data', () => controller.abort());
    for (const stream of [untouched, begun]) {
      expect(await failureOf(() => buffer(stream))).toMatchObject({ code: 'ABORTED' });
    }
    (await store.openRead('a')).destroy();
    expect(bodies.map(({ destroyed }) => destroyed)).toEqual([true, true, true]);
  });

  test('whose body breaks before anybody reads it goes on', async () => {
    const store = new FaultyStore();
    store.put('a', text);
    store.body = (bytes, count) => {
      if (count > 1) return bytes;
      const body = new Readable({ read() {} });
      body.destroy(unavailable());
      return body;
    };
    const stream = await store.openRead('a');
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect((await buffer(stream)).toString()).toBe(text);
  });
});

describe('a listing', () => {
  test('that breaks is begun anew, and goes on after the last entry', async () => {
    const store = new FaultyStore();
    for (const key of ['a', 'b', 'c', 'd']) store.put(key, text);
    let breaks = 0;
    store.before = (request) => {
      if (request === 'entry c' && breaks++ < 2) throw unavailable();
    };
    const paths: string[] = [];
    for await (const { path } of store.walk()) paths.push(path);
    expect(paths).toEqual(['a', 'b', 'c', 'd']);
    expect(store.requests).toEqual(['list  **', 'list  **', 'list  **']);
  });

  test('leaves out what no path can name, as others may put it there', async () => {
    const store = new FaultyStore();
    for (const key of [
      '../../etc/passwd',
      '/a',
      'a',
      'a//b',
      'b/../../c',
      'b/./c',
      'c\n',
      'd/',
      'x'.repeat(241),
      'z',
    ]) {
      store.put(key, text);
    }
    const paths: string[] = [];
    for await (const { path } of store.walk()) paths.push(path);
    expect(paths).toEqual(['a', 'z']);
  });

  test('that breaks again and again is UNAVAILABLE', async () => {
    const store = new FaultyStore();
    store.put('a', text);
    store.before = (request) => {
      if (request === 'entry a') throw unavailable();
    };
    const { code, message } = await failureOf(async () => {
      for await (const _ of store.list()) expect.unreachable();
    });
    expect(code).toBe('UNAVAILABLE');
    expect(message).toContain('The listing of the root in the');
    expect(store.requests).toHaveLength(3);
  });

  test.each([
    ['data/2026-*.csv', 'list data * 2026-'],
    ['data/2026-*/x', 'list data ** 2026-'],
    ['data/**', 'list data **'],
    ['*.csv', 'list  *'],
    ['a{b,c/d}', 'list  ** a'],
    ['a/b[cd]', 'list a * b'],
  ])('of the glob %s asks for what begins so alone', async (glob, request) => {
    const store = new FaultyStore();
    for await (const _ of store.glob(glob)) expect.unreachable();
    expect(store.requests).toEqual([request]);
  });
});

describe('a removal of many', () => {
  test('goes in batches of 1,000', async () => {
    const store = new FaultyStore();
    const keys = Array.from({ length: 2001 }, (_, index) => `k${index}`);
    for (const key of keys) store.put(key, '');
    await store.removeMany(keys);
    expect(store.objects.size).toBe(0);
    expect(store.requests.map((request) => request.split(' ').length - 1)).toEqual([1000, 1000, 1]);
  });

  test('asks for each object once, however often it is given', async () => {
    const store = new FaultyStore();
    for (const key of ['a', 'b']) store.put(key, '');
    await store.removeMany(['a', 'b', 'a', store.resolve('b')]);
    expect(store.requests).toEqual(['remove a b']);
  });

  test('is tried again with what is left', async () => {
    const store = new FaultyStore();
    for (const key of ['a', 'b', 'c']) store.put(key, '');
    const fail = failing(unavailable());
    store.before = (request) => {
      if (request === 'remove one b') fail();
    };
    await store.removeMany(['a', 'b', 'c']);
    expect(store.requests).toEqual(['remove a b c', 'remove b']);
    expect(store.objects.size).toBe(0);
  });

  test('says which objects could not be removed', async () => {
    const store = new FaultyStore();
    const keys = ['a', 'b', 'c', 'd'];
    for (const key of keys) store.put(key, '');
    store.before = (request) => {
      if (request === 'remove one b' || request === 'remove one d') throw new BackendError('ACCESS_DENIED');
    };
    const error = await failureOf(() => store.removeMany(keys));
    expect(error).toMatchObject({
      code: 'ACCESS_DENIED',
      problems: [
        { path: 'b', code: 'ACCESS_DENIED' },
        { path: 'd', code: 'ACCESS_DENIED' },
      ],
    });
    expect(error.message).toContain('2 objects in the artifact-store "faulty" (test) could not be removed');
    expect([...store.objects.keys()]).toEqual(['b', 'd']);
    const single = await failureOf(() => store.removeTree('d'));
    expect(single.message).toContain('The removal of "d" in the');
  });
});

test('collectGarbage asks for what is older than a day, and gives what there was', async () => {
  const store = new FaultyStore();
  const [garbage] = await store.collectGarbage();
  expect(Date.now() - Number(garbage?.modifiedAt)).toBeGreaterThanOrEqual(86_400_000);
  expect(Date.now() - Number(garbage?.modifiedAt)).toBeLessThan(86_460_000);
  const [young] = await store.collectGarbage({ olderThan: 1000 });
  expect(Date.now() - Number(young?.modifiedAt)).toBeLessThan(60_000);
});

test('collectGarbage tells what it had removed before it was tried again', async () => {
  const store = new FaultyStore();
  const left = ['one', 'two'];
  store.collect = async function* (modifiedAt) {
    for (let id = left.shift(); id !== undefined; id = left.shift()) {
      yield { kind: 'staged-file', id, modifiedAt };
      if (id === 'one') throw unavailable();
    }
  };
  expect((await store.collectGarbage()).map(({ id }) => id)).toEqual(['one', 'two']);
});
