import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { whyUnavailable } from '../../../tools/backends/backend.ts';
import { postgres } from '../../../tools/backends/postgres.ts';
import type { StoreLocation } from '../src/store-location.ts';

interface TestDatabases extends AsyncDisposable {
  /** A place for a store, in which nothing is yet. */
  readonly create: () => Promise<StoreLocation>;
}

const noPostgres = await whyUnavailable(postgres);

const engines = [
  { name: 'SQLite', obstacle: undefined, start: startSqlite },
  { name: 'PostgreSQL', obstacle: noPostgres, start: startPostgres },
];

/**
 * Every engine gives the same answers: the suite runs on each, and its title ends with the engine's name. `create` gives
 * a place in which there is no store yet.
 */
export function describeEachEngine(title: string, body: (create: () => Promise<StoreLocation>) => void): void {
  for (const { name, obstacle, start } of engines) {
    const reason = obstacle === undefined ? '' : ` (skipped: ${obstacle})`;
    describe.skipIf(obstacle !== undefined)(`${title} in ${name}${reason}`, () => {
      let databases: TestDatabases | undefined;

      beforeAll(async () => {
        databases = await start();
      }, 60_000);

      afterAll(() => databases?.[Symbol.asyncDispose]());

      body(() => (databases as TestDatabases).create());
    });
  }
}

async function startSqlite(): Promise<TestDatabases> {
  const folder = await mkdtemp(join(tmpdir(), 'stack store-'));
  let databases = 0;
  return {
    create: async () => {
      databases += 1;
      return { file: join(folder, `stack-${databases}.db`) };
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

async function startPostgres(): Promise<TestDatabases> {
  const server = await postgres.start();
  let databases = 0;
  return {
    create: async () => {
      databases += 1;
      return { url: `${server.url}?schema=test-${databases}` };
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
