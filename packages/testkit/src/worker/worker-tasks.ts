import { setTimeout as delay } from 'node:timers/promises';
import { type ArtifactStore, type JsonValue, StackError } from '@stack/core';

/** What a task can do beside using a store. */
interface TaskContext {
  readonly createStore: () => Promise<ArtifactStore>;
  readonly argument: JsonValue;
  /** Tells the process that started this one. */
  readonly tell: (value: JsonValue) => void;
  /** Waits until the process that started this one lets it go on. */
  readonly proceed: () => Promise<void>;
}

/** What a worker can be asked to do, most of it until it is killed. */
export const workerTasks = {
  /** Writes one version of `a` after the other, and tells the number of each that was written. */
  overwrite: async ({ createStore, tell }) => {
    const store = await createStore();
    for (let number = 0; ; number++) {
      await store.write('a', versionChunks(number));
      tell(number);
    }
  },
  /** Writes objects below `many`, and tells the number of each that was written. */
  create: async ({ createStore, tell }) => {
    const store = await createStore();
    for (let number = 0; ; number++) {
      await store.write(`many/${number}`, versionChunks(number), { ifAbsent: true });
      tell(number);
    }
  },
  /** Moves `a` to `b` and back, and tells when it begins. */
  rename: async ({ createStore, tell }) => {
    const store = await createStore();
    for (let number = 0; ; number++) {
      tell(number);
      await store.rename('a', 'b');
      await store.rename('b', 'a');
    }
  },
  /** Writes a folder to `up` again and again, and tells when it begins. */
  upload: async ({ createStore, argument, tell }) => {
    const store = await createStore();
    for (let number = 0; ; number++) {
      tell(number);
      await store.uploadDirectory(String(argument), 'up');
      await store.removeTree('up');
    }
  },
  /** Begins a large write of `a` that never ends, and tells when much of it is on its way. */
  stall: async ({ createStore, tell }) => {
    const store = await createStore();
    await store.write(
      'a',
      (async function* () {
        for (let part = 0; part < 16; part++) yield Buffer.alloc(1024 * 1024, 'x');
        await delay(100);
        tell('half');
        await delay(600_000);
      })(),
    );
  },
  /** Once it may proceed, writes as many locks as it is told, and tells the numbers of those that it won. */
  lock: async ({ createStore, argument, tell, proceed }) => {
    const store = await createStore();
    tell('ready');
    await proceed();
    const won: number[] = [];
    for (let number = 0; number < Number(argument); number++) {
      try {
        await store.write(`locks/${number}`, String(process.pid), { ifAbsent: true });
        won.push(number);
      } catch (error) {
        if (!StackError.is(error, 'ALREADY_EXISTS')) throw error;
      }
    }
    tell(won);
  },
  /** Adds one to the number in `counter` as often as it is told, under `ifMatch`. */
  count: async ({ createStore, argument, tell, proceed }) => {
    const store = await createStore();
    tell('ready');
    await proceed();
    for (let added = 0; added < Number(argument); ) {
      const { etag } = await store.stat('counter');
      try {
        const before = await store.readText('counter', { ifMatch: etag });
        await store.write('counter', String(Number(before) + 1), { ifMatch: etag });
        added++;
      } catch (error) {
        if (!StackError.is(error, 'PRECONDITION_FAILED')) throw error;
      }
    }
    tell('counted');
  },
  /** Uses the store with a clock that is wrong by so many milliseconds. */
  skew: async ({ createStore, argument, tell }) => {
    skewClock(Number(argument));
    const store = await createStore();
    const { etag } = await store.write('a', versionChunks(1), { ifAbsent: true });
    await store.write('a', versionChunks(2), { ifMatch: etag });
    const bytes = await store.read('a');
    const listed: string[] = [];
    for await (const { path } of store.walk()) listed.push(path);
    const garbage = await store.collectGarbage();
    await store.copy('a', 'b');
    await store.remove('b');
    tell({ isWhole: isVersion(bytes, 2), listed, garbage: garbage.length });
  },
} satisfies Record<string, (context: TaskContext) => Promise<void>>;

export type WorkerTask = keyof typeof workerTasks;

const versionLength = 400_000;

/** The bytes of a version, in parts: no two versions have a length or a byte in common. */
async function* versionChunks(number: number): AsyncGenerator<Buffer> {
  const length = versionLength + number;
  const part = 64 * 1024;
  for (let start = 0; start < length; start += part) {
    yield Buffer.alloc(Math.min(part, length - start), versionByte(number));
  }
}

/** Whether these are the bytes of a version: those of one number where one is given. */
export function isVersion(bytes: Buffer, number = bytes.length - versionLength): boolean {
  return number >= 0 && bytes.equals(Buffer.alloc(versionLength + number, versionByte(number)));
}

/** The number of the version that has so many bytes. */
export function versionOf(length: number): number {
  return length - versionLength;
}

function versionByte(number: number): number {
  return (number % 255) + 1;
}

function skewClock(milliseconds: number): void {
  const now = Date.now;
  Date.now = () => now() + milliseconds;
  globalThis.Date = new Proxy(Date, {
    construct: (target, parameters, newTarget) =>
      Reflect.construct(target, parameters.length === 0 ? [target.now()] : parameters, newTarget),
  });
}
