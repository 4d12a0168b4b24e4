import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { whyUnavailable } from '../../../tools/backends/backend.ts';
import { type PostgresServer, postgres } from '../../../tools/backends/postgres.ts';
import { cleanEnvironment, runStack, temporaryFolder } from './run-stack.ts';

const processes = 8;
const all = 500;
const isLong = process.env.STACK_TEST_LONG === '1';

const noPostgres = await whyUnavailable(postgres);
const cliFolder = dirname(import.meta.dirname);

/** A program of a user: it registers components in code. */
const program = (root: string, child: number, each: number) => `
  import { openProject } from '@stack/project';
  await using project = await openProject(${JSON.stringify({ from: root, integrationsFrom: [cliFolder] })});
  for (let index = 0; index < ${each}; index += 1) {
    await project.components.register({
      type: 'artifact-store',
      name: \`c${child}-\${index}\`,
      flavor: 'local',
      config: { path: \`data/${child}/\${index}\` },
    });
  }
`;

describe.each([
  { engine: 'SQLite', obstacle: undefined, each: all },
  // Its transactions are run again after a conflict, which takes minutes for all.
  { engine: 'PostgreSQL', obstacle: noPostgres, each: isLong ? all : 75 },
])('eight processes that register components of one project in $engine', ({ engine, obstacle, each }) => {
  const extent = each === all ? '' : ` (${all} with npm run test:long)`;
  const reason = obstacle === undefined ? '' : ` (skipped: ${obstacle})`;
  const folder = temporaryFolder();
  const root = folder.path;
  let server: PostgresServer | undefined;
  let env = cleanEnvironment;

  beforeAll(async () => {
    if (obstacle !== undefined) return;
    if (engine === 'PostgreSQL') {
      server = await postgres.start();
      env = { ...env, STACK_STORE_URL: server.url };
    }
    expect(runStack(root, ['init'], { env })).toMatchObject({ status: 0, stderr: '' });
  }, 60_000);

  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  it.skipIf(obstacle !== undefined)(
    `by the client, ${each} each${extent}: no error is shown, and none is lost${reason}`,
    { timeout: 300_000 },
    async () => {
      const ends = Array.from({ length: processes }, async (_, child) => {
        const words = ['--input-type=module', '--eval', program(root, child, each)];
        // The client and its packages are found from here.
        const started = spawn(process.execPath, words, { cwd: cliFolder, env, stdio: ['ignore', 'pipe', 'pipe'] });
        const [stdout, stderr, [status]] = await Promise.all([
          text(started.stdout),
          text(started.stderr),
          once(started, 'close'),
        ]);
        return { status, stdout, stderr };
      });
      expect(await Promise.all(ends)).toEqual(Array(processes).fill({ status: 0, stdout: '', stderr: '' }));

      const { stdout } = runStack(root, ['artifact-store', 'list', '--limit=10000', '--json'], {
        env,
        maxBuffer: 2 ** 26,
      });
      const { data } = JSON.parse(stdout) as { data: { name: string; config: { path: string } }[] };
      const expected = Array.from({ length: processes * each }, (_, index) => {
        const [child, number] = [index % processes, Math.floor(index / processes)];
        return [`c${child}-${number}`, `data/${child}/${number}`];
      });
      const registered = data.filter(({ name }) => name !== 'default').map(({ name, config }) => [name, config.path]);
      expect(registered.sort()).toEqual(expected.sort());
    },
  );
});
