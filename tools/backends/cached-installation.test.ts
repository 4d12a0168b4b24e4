import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
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

async function installation(steps: Partial<InstallationSteps>) {
  const { cachedInstallation } = await import('./cached-installation.ts');
  return cachedInstallation({ name: 'tool-1.0.0', program: 'tool', installer: ['true'], fill: writeTool, ...steps });
}

async function writeTool(folder: string): Promise<void> {
  await writeFile(join(folder, 'tool'), '');
}

test('what is not installed is an obstacle that says how to install it', async () => {
  const tool = await installation({});
  expect(tool.findObstacle()).toBe('tool-1.0.0 is not installed: STACK_REQUIRE_BACKENDS=1 installs it');
  await tool.install();
  expect(tool.findObstacle()).toBeUndefined();
  expect(tool.program).toBe(join(cache, 'tool-1.0.0', 'tool'));
});

test('what cannot be installed here is an obstacle that says what is missing', async () => {
  const tool = await installation({ installer: ['no-such-installer'] });
  expect(tool.findObstacle()).toBe('tool-1.0.0 is not installed, and there is no no-such-installer to install it');
});

test('an installation that failed leaves nothing that could be taken for one, and can be tried again', async () => {
  let attempts = 0;
  const tool = await installation({
    async fill(folder) {
      attempts += 1;
      await writeFile(join(folder, `part-${attempts}`), '');
      await writeTool(folder);
      if (attempts === 1) throw new Error('the registry refused');
    },
  });
  await expect(tool.install()).rejects.toThrow('the registry refused');
  expect(tool.findObstacle()).toContain('is not installed');
  await tool.install();
  expect(await readdir(tool.folder)).toEqual(['part-2', 'tool']);
  expect(await readdir(cache)).toEqual(['tool-1.0.0', 'tool-1.0.0.lock']);
});

test('one that is broken is made anew', async () => {
  let defect: string | undefined;
  const tool = await installation({
    findDefect: () => defect,
    fill: (folder) =>
      writeTool(folder).then(() => {
        defect = undefined;
      }),
  });
  await tool.install();
  await writeFile(join(tool.folder, 'rest'), '');
  defect = 'the tool does not start';
  expect(tool.findObstacle()).toBe('the tool does not start: STACK_REQUIRE_BACKENDS=1 installs it');
  await tool.install();
  expect(await readdir(tool.folder)).toEqual(['tool']);

  await rm(tool.program);
  expect(tool.findObstacle()).toContain('is not installed');
  await tool.install();
  expect(tool.findObstacle()).toBeUndefined();
});

test('of processes that install at once, one does the work', async () => {
  const log = join(cache, 'log');
  const code = `
    import { appendFile, writeFile } from 'node:fs/promises';
    import { setTimeout as sleep } from 'node:timers/promises';
    import { cachedInstallation } from '${join(import.meta.dirname, 'cached-installation.ts')}';
    const tool = cachedInstallation({
      name: 'tool-1.0.0',
      program: 'tool',
      installer: ['true'],
      async fill(folder) {
        await appendFile('${log}', 'filled ');
        await sleep(500);
        await writeFile(folder + '/tool', '');
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
