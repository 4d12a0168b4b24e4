import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { InstallationSteps } from './cached-installation.ts';

let cache: string;

beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'stack-cache-'));
  vi.stubEnv('STACK_TEST_SERVERS', cache);
  vi.resetModules();
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(cache, { recursive: true });
});

async function installation(steps: Omit<InstallationSteps, 'name'>) {
  const { cachedInstallation } = await import('./cached-installation.ts');
  return cachedInstallation({ name: 'tool-1.0.0', ...steps });
}

test('what is not installed is an obstacle that says how to install it', async () => {
  const tool = await installation({ fill: async () => {} });
  expect(tool.findObstacle()).toBe('tool-1.0.0 is not installed: STACK_REQUIRE_BACKENDS=1 installs it');
  await tool.install();
  expect(tool.findObstacle()).toBeUndefined();
});

test('an installation that failed leaves nothing that could be taken for one, and can be tried again', async () => {
  let attempts = 0;
  const tool = await installation({
    async fill(folder) {
      attempts += 1;
      await writeFile(join(folder, `part-${attempts}`), '');
      if (attempts === 1) throw new Error('the registry refused');
    },
  });
  await expect(tool.install()).rejects.toThrow('the registry refused');
  expect(tool.findObstacle()).toContain('is not installed');
  await tool.install();
  expect(await readdir(tool.folder)).toEqual(['part-2']);
  expect(await readdir(cache)).toEqual(['tool-1.0.0', 'tool-1.0.0.lock']);
});

test('one that is broken is made anew', async () => {
  const findDefect = () => (defect ? 'its program does not start' : undefined);
  let defect = false;
  const tool = await installation({ fill: async () => {}, findDefect });
  await tool.install();
  await mkdir(join(tool.folder, 'rest'));
  defect = true;
  expect(tool.findObstacle()).toBe('its program does not start');
  await tool.install();
  expect(await readdir(tool.folder)).toEqual([]);
});

test('of processes that install at once, one does the work', async () => {
  const log = join(cache, 'log');
  const code = `
    import { appendFile } from 'node:fs/promises';
    import { setTimeout as sleep } from 'node:timers/promises';
    import { cachedInstallation } from '${join(import.meta.dirname, 'cached-installation.ts')}';
    const tool = cachedInstallation({
      name: 'tool',
      async fill() {
        await appendFile('${log}', 'filled ');
        await sleep(500);
      },
    });
    await tool.install();
    console.log(tool.findObstacle() ?? 'installed');
  `;
  const results = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [output] = await Promise.all([text(child.stdout), once(child, 'close')]);
      return output.trim();
    }),
  );
  expect(results).toEqual(Array.from({ length: 4 }, () => 'installed'));
  expect(await readFile(log, 'utf8')).toBe('filled ');
});
