import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ArtifactStore, Garbage, JsonValue } from '@stack/core';
import { StackError } from '@stack/core/errors';
import { expectBytes } from '../../conformance/expect-bytes.ts';
import { StoreWorker, type WorkerOrder } from '../../worker/store-worker.ts';
import { isVersion, versionOf } from '../../worker/worker-tasks.ts';
import type { WorkerModule } from '../artifact-store-hooks.ts';
import { type Context, casesWithHook, temporaryFolder } from './case-context.ts';
import { paths } from './listing.ts';

/** How many processes are killed in a case, each at another moment. */
const kills = process.env.STACK_TEST_LONG ? 100 : 3;

/** Milliseconds that a process is left alone at most before it is killed. */
const longestRound = 2_000;

/** How often, and milliseconds after how long, it is looked anew while requests of the dead may still arrive. */
const settlingRounds = 10;
const settlingPause = 100;

/** Other processes that use the same root, and die. */
export const crashCases = casesWithHook('worker', {
  'a writer that is killed leaves the old bytes or the new ones': async (context, worker) => {
    const { component: store } = context;
    await eachKill(context, worker, { task: 'overwrite' }, async (last) => {
      const bytes = await store.read('a');
      assert.ok(isVersion(bytes), `a killed writer left ${bytes.length} bytes that nobody wrote`);
      assert.ok(versionOf(bytes.length) >= last, 'a write that had ended is lost');
      assert.deepEqual(await paths(store.walk()), ['a']);
    });
  },
  'a writer that is killed leaves whole objects alone, and all that it had written': async (context, worker) => {
    const { component: store } = context;
    await eachKill(context, worker, { task: 'create' }, async (last) => {
      const found = new Set(await paths(store.walk()));
      for (let number = 0; number <= last; number++) assert.ok(found.has(`many/${number}`), `many/${number} is lost`);
      for (const path of found) {
        assert.match(path, /^many\/\d+$/);
        assert.ok(isVersion(await store.read(path)), `${path} is not whole`);
      }
      await store.removeTree('');
    });
  },
  'a process that is killed while it renames loses no object': async (context, worker) => {
    const { component: store } = context;
    await store.write('a', 'text');
    await eachKill(context, worker, { task: 'rename' }, async () => {
      const found = await paths(store.walk());
      assert.ok(found.length > 0, 'the object is lost');
      for (const path of found) assert.equal(await store.readText(path), 'text');
      if (store.hasCapability('atomicRename')) assert.equal(found.length, 1, 'the object is there twice');
      await store.write('a', 'text');
      await store.removeMany(['b']);
    });
  },
  'a process that is killed while it uploads a folder leaves whole objects alone': async (context, worker) => {
    const { component: store, disposables } = context;
    const folder = await temporaryFolder(disposables);
    await mkdir(join(folder, 'below'));
    for (let number = 0; number < 8; number++) {
      await writeFile(join(folder, number % 2 ? 'below' : '', `${number}`), Buffer.alloc(300_000, `${number}`));
    }
    await eachKill(context, worker, { task: 'upload', argument: folder }, async () => {
      for (const path of await paths(store.walk())) {
        const whole = Buffer.alloc(300_000, path.slice(-1));
        expectBytes(await store.read(path), whole, path);
      }
      await store.removeTree('');
    });
  },
  'what a killed writer leaves is not seen, and collectGarbage removes it': async (context, worker) => {
    const { component: store } = context;
    await store.write('b', 'text');
    await stall(context, worker);
    assert.deepEqual(await paths(store.walk()), ['b']);
    assert.equal(await store.exists('a'), false);
    assert.deepEqual(await store.collectGarbage(), [], 'what is younger than a day may be under way');
    const seen = await store.collectGarbage({ olderThan: 0, dryRun: true });
    const removed = await store.collectGarbage({ olderThan: 0 });
    assert.deepEqual(removed, seen);
    for (const { id, path } of removed) {
      assert.notEqual(id, '');
      assert.ok(path === undefined || path === 'a', `it was to be an object at ${path}`);
    }
    assert.deepEqual(await store.collectGarbage({ olderThan: 0 }), []);
    assert.equal(await store.readText('b'), 'text');
  },
  'a killed writer keeps nobody from writing the same object': async (context, worker) => {
    const { component: store } = context;
    await stall(context, worker);
    const { etag } = await store.write('a', 'one', { ifAbsent: true });
    await store.write('a', 'two', { ifMatch: etag });
    assert.equal(await store.readText('a'), 'two');
  },
  'of processes that write with ifAbsent at once exactly one wins': async (context, worker) => {
    const { component: store } = context;
    const locks = 40;
    const workers = await together(context, worker, { task: 'lock', argument: locks });
    const won = await Promise.all(workers.map((each) => each.next()));
    const winners = won.flatMap((numbers) => numbers as number[]).sort((a, b) => a - b);
    assert.deepEqual(
      winners,
      Array.from({ length: locks }, (_, number) => number),
    );
    assert.equal((await paths(store.walk())).length, locks);
  },
  'a counter that processes change under ifMatch loses no increment': async (context, worker) => {
    const { component: store } = context;
    const increments = 20;
    await store.write('counter', '0');
    const workers = await together(context, worker, { task: 'count', argument: increments });
    await Promise.all(workers.map((each) => each.next()));
    assert.equal(await store.readText('counter'), String(increments * workers.length));
  },
  'a process whose clock is ten minutes slow uses the store as others do': async (context, worker) => {
    await skew(context, worker, -600_000);
  },
  'a process whose clock is ten minutes fast uses the store as others do': async (context, worker) => {
    await skew(context, worker, 600_000);
  },
});

/** Kills a worker at a random moment after it began, as often as the case is to; then looks at what it left. */
async function eachKill(
  { component: store, disposables }: Context,
  module: WorkerModule,
  order: Omit<WorkerOrder, 'root'>,
  look: (last: number) => Promise<void>,
): Promise<void> {
  for (let count = 0; count < kills; count++) {
    const worker = disposables.use(new StoreWorker(module, { ...order, root: store.root }));
    await worker.next();
    const started = performance.now();
    let last = Number(await worker.next());
    // At any moment of what it does next, however fast the store and this machine are.
    await delay(Math.random() * Math.min(performance.now() - started, longestRound));
    await worker.kill();
    for await (const number of rest(worker)) last = Number(number);
    await onceSettled(() => look(last));
  }
  assert.deepEqual(await garbageLeft(store), []);
}

/** Looks anew when an object is gone that was there a moment before: the dead may have asked for its removal. */
async function onceSettled(look: () => Promise<void>): Promise<void> {
  for (let rounds = 1; ; rounds++) {
    try {
      return await look();
    } catch (error) {
      if (rounds === settlingRounds || !(error instanceof StackError && error.code === 'NOT_FOUND')) throw error;
    }
    await delay(settlingPause);
  }
}

/** What is there after garbage was collected. What a killed process had sent may reach the backend only after that. */
async function garbageLeft(store: ArtifactStore): Promise<readonly Garbage[]> {
  for (let rounds = 1; ; rounds++) {
    await store.collectGarbage({ olderThan: 0 });
    const left = await store.collectGarbage({ olderThan: 0 });
    if (left.length === 0 || rounds === settlingRounds) return left;
    await delay(settlingPause);
  }
}

/** What a worker had told before it was killed. */
async function* rest(worker: StoreWorker): AsyncGenerator<JsonValue | undefined> {
  for (;;) {
    const told = await worker.next().catch(() => undefined);
    if (told === undefined) return;
    yield told;
  }
}

async function stall({ component: store, disposables }: Context, module: WorkerModule): Promise<void> {
  const worker = disposables.use(new StoreWorker(module, { task: 'stall', root: store.root }));
  await worker.next();
  await worker.kill();
}

/** Workers that begin their task at one moment. */
async function together(
  { component: store, disposables }: Context,
  module: WorkerModule,
  order: Omit<WorkerOrder, 'root'>,
): Promise<StoreWorker[]> {
  const workers = Array.from({ length: 2 }, () =>
    disposables.use(new StoreWorker(module, { ...order, root: store.root })),
  );
  await Promise.all(workers.map((worker) => worker.next()));
  for (const worker of workers) worker.proceed();
  return workers;
}

async function skew(
  { component: store, disposables }: Context,
  module: WorkerModule,
  milliseconds: number,
): Promise<void> {
  const worker = disposables.use(new StoreWorker(module, { task: 'skew', root: store.root, argument: milliseconds }));
  assert.deepEqual(await worker.next(), { isWhole: true, listed: ['a'], garbage: 0 });
  assert.ok(isVersion(await store.read('a'), 2), 'what it wrote is another here');
  const [entry] = await listed(store);
  assert.deepEqual(entry, (await store.stat('a')).modifiedAt);
}

async function listed(store: ArtifactStore): Promise<Date[]> {
  const times: Date[] = [];
  for await (const { modifiedAt } of store.walk()) times.push(modifiedAt);
  return times;
}
