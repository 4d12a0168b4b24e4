import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { azurite } from './azurite.ts';
import { whyUnavailable } from './backend.ts';

const obstacle = await whyUnavailable(azurite);
const reason = obstacle === undefined ? '' : ` (skipped: ${obstacle})`;

function run(...startArguments: string[]) {
  return spawn(process.execPath, [join(import.meta.dirname, 'start.ts'), ...startArguments], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

describe.skipIf(obstacle !== undefined)(`start.ts${reason}`, () => {
  test('prints how to reach a backend, and ends it when it is told to end', async () => {
    const child = run('azurite');
    const [output] = (await once(child.stdout, 'data')) as [Buffer];
    const { endpoint } = JSON.parse(output.toString()) as { endpoint: string };
    expect((await fetch(endpoint)).status).toBe(400);
    child.kill('SIGTERM');
    expect(await once(child, 'close')).toEqual([0, null]);
    await expect(fetch(endpoint)).rejects.toThrow();
  }, 60_000);
});

test('start.ts says which backends there are', async () => {
  const child = run('no-such-backend');
  const [complaint, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  expect(complaint).toMatch(/^usage: node tools\/backends\/start\.ts azurite\|/);
  expect(code).toBe(2);
});
