import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { SecretStore } from '@stack/core';
import type { StoreLocation } from '@stack/store';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { whyUnavailable } from '../../../../../tools/backends/backend.ts';
import { type PostgresServer, postgres } from '../../../../../tools/backends/postgres.ts';
import { openSecretStore, type Surroundings } from '../../../test/open-secret-store.ts';

const noPostgres = await whyUnavailable(postgres);
let server: Promise<PostgresServer> | undefined;

afterAll(async () => (await server)?.[Symbol.asyncDispose]());

interface Child {
  readonly process: ChildProcessByStdio<null, Readable, Readable>;
  /** Every line that it printed so far. */
  readonly lines: () => readonly string[];
  readonly errors: () => string;
  readonly end: Promise<unknown>;
}

const engines = [
  {
    name: 'in SQLite',
    kills: 8,
    locate: async (project: string): Promise<StoreLocation> => ({ file: join(project, 'stack.db') }),
  },
  {
    name: 'in PostgreSQL',
    kills: 4,
    obstacle: noPostgres,
    locate: async (): Promise<StoreLocation> => {
      server ??= postgres.start();
      return { url: `${(await server).url}?schema=processes-${Date.now()}` };
    },
  },
];

describe.each(engines)('secrets of many processes $name', ({ kills, obstacle, locate }) => {
  const skip = obstacle === undefined ? '' : ` (skipped: ${obstacle})`;
  const children = new Set<Child>();
  let folder: string;
  let keys: string;
  let surroundings: Surroundings;
  let opened: AsyncDisposableStack;
  let store: SecretStore;

  beforeEach(async () => {
    if (obstacle !== undefined) return;
    folder = await mkdtemp(join(tmpdir(), 'stack-secrets-'));
    keys = join(folder, 'config', 'stack', 'keys');
    const project = join(folder, 'project');
    await mkdir(project);
    const environment = { XDG_CONFIG_HOME: join(folder, 'config') };
    surroundings = { location: await locate(project), project, environment };
    opened = new AsyncDisposableStack();
    const first = await openSecretStore(surroundings);
    opened.use(first.metadata);
    ({ store } = first);
  });

  afterEach(async () => {
    if (obstacle !== undefined) return;
    for (const child of children) child.process.kill('SIGKILL');
    await Promise.all([...children].map(({ end }) => end));
    children.clear();
    await opened.disposeAsync();
    await rm(folder, { recursive: true });
  });

  function start(task: string, name = ''): Child {
    const script = join(import.meta.dirname, '..', '..', '..', 'test', 'secret-store-process.ts');
    const words = ['--conditions=@stack/source', script, JSON.stringify(surroundings), task, name];
    const process_ = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let errors = '';
    process_.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    process_.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    const child = {
      process: process_,
      // A line of which the end is missing was not reported.
      lines: () => output.split('\n').slice(0, -1),
      errors: () => errors,
      end: once(process_, 'close'),
    };
    children.add(child);
    return child;
  }

  async function lineOf(child: Child, count: number): Promise<void> {
    while (child.lines().length < count && child.process.exitCode === null) await delay(2);
  }

  async function kill(child: Child): Promise<void> {
    child.process.kill('SIGKILL');
    await child.end;
    expect(child.errors()).toBe('');
  }

  /** Everything that a writer reported is there, and can be read. */
  async function expectAllKept(writers: readonly Child[]): Promise<void> {
    const shared = (await store.get('shared')).values;
    for (const line of writers.flatMap(({ lines }) => lines())) {
      const [word = '', secret = word] = line.split(' ');
      if (word === 'removed') continue;
      if (word !== 'shared') expect((await store.get(secret)).values.key?.reveal()).toBe(`the value of ${secret}`);
      else if (Object.hasOwn(shared, secret)) expect(shared[secret]?.reveal()).toBe(`the value of shared ${secret}`);
      else expect(Number(secret.split('_').at(-1)) % 5, `${secret} was lost`).toBe(4);
    }
  }

  test.skipIf(obstacle !== undefined)(`that write the first ones at once have one key${skip}`, async () => {
    const names = Array.from({ length: 6 }, (_, index) => `secret_${index}`);
    const writers = names.map((name) => start('create', name));
    await Promise.all(writers.map(({ end }) => end));
    expect(writers.map(({ errors }) => errors()).join('')).toBe('');
    expect(await readdir(keys)).toEqual([`${store.id}.key`]);
    const text = await readFile(join(keys, `${store.id}.key`), 'utf8');
    expect(text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toHaveLength(1);
    const found = await store.getMany(names);
    expect([...found.values()].map(({ values }) => values.key?.reveal())).toEqual(
      names.map((name) => `the value of ${name}`),
    );
  });

  test.skipIf(obstacle !== undefined)(
    `are all kept when rekeys are killed at any moment${skip}`,
    { timeout: 180_000 },
    async () => {
      await store.create('shared', { key: 'the value of shared' });
      const writers = [start('write', 'a'), start('write', 'b')];
      const reader = start('read');
      let rekeys = 0;
      for (let count = 0; count < kills; count++) {
        // Two at once, of which one is killed at some moment of one of its first rekeys.
        const victims = [start('rekey'), start('rekey')] as const;
        await lineOf(victims[0], 1 + (count % 3));
        await delay(Math.random() * 30);
        for (const victim of victims) await kill(victim);
        rekeys += victims.flatMap(({ lines }) => lines()).length - victims.length;
        if (count % 5 === 0) await expectAllKept(writers);
      }
      const written = () => writers.reduce((sum, { lines }) => sum + lines().length, 0);
      const before = written();
      while (written() < before + 4) await delay(5);
      for (const child of [...writers, reader]) await kill(child);
      await expectAllKept(writers);
      expect(written()).toBeGreaterThan(kills);
      expect(reader.lines().length).toBeGreaterThan(kills / 2);
      expect(rekeys).toBeGreaterThan(kills / 2);
      await store.rekey();
      const file = join(keys, `${store.id}.key`);
      expect(
        (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '' && !line.startsWith('#')),
      ).toHaveLength(1);
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      expect(await readdir(keys)).toEqual([`${store.id}.key`]);
      await expectAllKept(writers);
    },
  );
});
