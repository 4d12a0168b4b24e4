import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { expectStackError } from '../testing/expect-stack-error.ts';
import { MemoryArtifactStore } from '../testing/memory-artifact-store.ts';
import { loadArtifact, openArtifactStream, storeArtifact } from './artifact-content.ts';
import { keepStreams } from './byte-stream.ts';
import { ValueScope } from './value-scope.ts';

const origin = { name: 'training/train/model', runId: 'run', step: 'train', output: 'model' };
const chunk = Buffer.alloc(300_000, 'x');

let artifactStore: MemoryArtifactStore;
beforeEach(() => {
  artifactStore = new MemoryArtifactStore();
});

async function store(value: unknown, signal?: AbortSignal) {
  return { ...(await storeArtifact(artifactStore, value, [], origin, { signal })), version: 1 };
}

/** Chunks, and whether they were given up. */
function chunks(count: number, options: { readonly fails?: boolean } = {}) {
  const state = { isOver: false };
  const give = async function* () {
    try {
      for (let index = 0; index < count; index++) yield chunk;
      if (options.fails === true) throw new RangeError('the source is broken');
    } finally {
      state.isOver = true;
    }
  };
  return { state, stream: give() };
}

describe('a stream that a step returns', () => {
  it.each<[string, (source: AsyncIterable<Buffer>) => unknown]>([
    ['a stream of Node', (source) => Readable.from(source)],
    ['a stream of the web', (source) => ReadableStream.from(source)],
    ['an asynchronous iterable', (source) => source],
  ])('is stored as the bytes that it gave, when it is %s', async (_name, make) => {
    for (const count of [0, 1, 10]) {
      const record = await store(make(chunks(count).stream));
      const all = Buffer.concat(Array.from({ length: count }, () => chunk));
      expect(record).toMatchObject({
        materializer: 'bytes',
        size: all.length,
        sha256: createHash('sha256').update(all).digest('hex'),
      });
      const loaded = await loadArtifact(artifactStore, record);
      expect(loaded).toBeInstanceOf(Uint8Array);
      expect(all.equals(loaded as Uint8Array)).toBe(true);
    }
    expect([...artifactStore.objects.keys()].filter((path) => !path.startsWith('artifacts/sha256/'))).toEqual([]);
  });

  it('may give text', async () => {
    const record = await store(Readable.from(['häu', 'ser']));
    expect(await artifactStore.readText(record.path)).toBe('häuser');
  });

  it('of what is stored already leaves one object', async () => {
    const first = await store(chunks(10).stream);
    const second = await store(Readable.from(chunks(10).stream));
    expect(second.path).toBe(first.path);
    expect([...artifactStore.objects.keys()]).toEqual([first.path]);
  });

  it('is not held in memory', async () => {
    let unread = 0;
    let most = 0;
    const source = async function* () {
      for (let index = 0; index < 40; index++) {
        unread += chunk.length;
        most = Math.max(most, unread);
        yield chunk;
      }
    };
    class DrainingStore extends MemoryArtifactStore {
      protected override async doWrite(...[key, content, request]: Parameters<MemoryArtifactStore['doWrite']>) {
        if (!(content instanceof Readable)) return super.doWrite(key, content, request);
        let size = 0;
        for await (const part of content) {
          size += part.length;
          unread -= part.length;
        }
        return super.doWrite(key, Buffer.from(`${size} bytes`), request);
      }
    }
    artifactStore = new DrainingStore();
    await store(source());
    expect(most).toBeLessThan(3_000_000);
  });

  it.each([0, 10])('that breaks after %d chunks fails with its own error, and leaves nothing', async (count) => {
    const { state, stream } = chunks(count, { fails: true });
    await expect(store(Readable.from(stream))).rejects.toThrow(new RangeError('the source is broken'));
    expect([...artifactStore.objects]).toEqual([]);
    expect(state.isOver).toBe(true);
  });

  it('of a chunk that is no bytes is refused, with the output and the chunk', async () => {
    const error = await expectStackError('VALUE_NOT_SERIALIZABLE', () => store(Readable.from([chunk, { a: 1 }])));
    expect(error.message).toContain('The output "model" of the step "train"');
    expect(error.message).toContain('its chunk 1 is an instance of Object');
  });

  it('is given up where the store fails', async () => {
    const { state, stream } = chunks(1000);
    artifactStore.beforeWrite = () => {
      throw new Error('the disk is full');
    };
    await expect(store(stream)).rejects.toThrow();
    await expect.poll(() => state.isOver).toBe(true);
  });

  it('that never goes on ends with the signal', async () => {
    const controller = new AbortController();
    for (const count of [0, 10]) {
      const source = async function* () {
        for (let index = 0; index < count; index++) yield chunk;
        controller.abort(new Error('cancelled'));
        await new Promise(() => {});
      };
      await expect(store(source(), controller.signal)).rejects.toThrow();
    }
    expect([...artifactStore.objects]).toEqual([]);
  });

  it('that breaks while it waits to be stored does not end the process', async () => {
    const waiting = new Readable({ read: () => {} });
    const other = new Readable({ read: () => {} });
    {
      using _streams = keepStreams([waiting, 'text', other]);
      waiting.destroy(new Error('cut off'));
      await setImmediate();
      await expect(store(waiting)).rejects.toThrow('cut off');
      expect(other.destroyed).toBe(false);
    }
    expect(other.destroyed).toBe(true);
  });
});

describe('openArtifactStream', () => {
  it('gives the stored bytes of any value, and ends with the scope', async () => {
    const scope = new ValueScope();
    expect(await text(openArtifactStream(artifactStore, await store('häuser'), { scope }))).toBe('häuser');
    expect(await text(openArtifactStream(artifactStore, await store({ a: 1 }), { scope }))).toBe('{"a":1}');
    const record = await store(chunks(10).stream);
    expect((await buffer(openArtifactStream(artifactStore, record, { scope }))).length).toBe(record.size);
    const unread = openArtifactStream(artifactStore, record, { scope });
    await scope[Symbol.asyncDispose]();
    expect(unread.destroyed).toBe(true);
  });

  it('breaks where the bytes are others', async () => {
    const record = await store(chunks(10).stream);
    const object = artifactStore.objects.get(record.path);
    object?.bytes.write('y', record.size - 1);
    await expectStackError('INTEGRITY', () => buffer(openArtifactStream(artifactStore, record, {})));
  });
});
