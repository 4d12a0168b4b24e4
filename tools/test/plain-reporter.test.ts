import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { repositoryRoot, toolFile } from '../build/run-command.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stack-plain-reporter-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

function write(file: string, content: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), content);
}

/** The lines of what a command prints. */
async function run(command: string, commandArguments: readonly string[], env: NodeJS.ProcessEnv): Promise<string[]> {
  const child = spawn(command, commandArguments, { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] });
  return (await text(child.stdout)).trimEnd().split('\n');
}

describe('the end of a test run', () => {
  async function runTests(tests: string): Promise<string[]> {
    write('own.test.js', tests);
    const reporter = join(import.meta.dirname, 'plain-reporter.ts');
    const options = ['run', '--root', folder, '--globals', '--reporter', reporter];
    return run(process.execPath, [toolFile('vitest'), ...options], process.env);
  }

  test('names what failed with its error on one line, then how many there were of each kind', async () => {
    const lines = await runTests(`
      test('adds', () => {});
      test.skip('waits', () => {});
      describe('sums', () => {
        test('of two', () => expect(1 + 1).toBe(3));
        test('of lines', () => { throw new Error('first\\n\\u001b[31msecond ${'x'.repeat(400)}'); });
      });
      describe('hooks', () => {
        beforeAll(() => { throw new Error('no server'); });
        test('with a server', () => {});
      });
      test('late', async () => { void Promise.reject(new Error('nobody waits')); });`);
    const [outside, hook, two, ofLines, blank, counts, ...others] = lines.slice(lines.findIndex((l) => l !== ''));
    expect(outside).toBe('FAILED outside of the tests: nobody waits');
    expect(hook).toBe('FAILED own.test.js > hooks: no server');
    expect(two).toBe('FAILED own.test.js > sums > of two: expected 2 to be 3 // Object.is equality');
    expect(ofLines).toMatch(/^FAILED own\.test\.js > sums > of lines: first second x{200,300}\.\.\.$/);
    expect([blank, counts, ...others]).toEqual(['', '2 passed, 4 failed, 2 skipped']);
  });

  test('names no more than fit on a screen, and says how many others failed', async () => {
    const lines = await runTests("for (let i = 1; i <= 20; i++) test('' + i, () => { throw new Error('no'); });");
    expect(lines.slice(-4)).toEqual([
      'FAILED own.test.js > 12: no',
      'FAILED and 8 more',
      '',
      '0 passed, 20 failed, 0 skipped',
    ]);
  });

  test('is the numbers alone when nothing failed', async () => {
    expect((await runTests("test('adds', () => {});")).filter((line) => line !== '')).toEqual([
      '1 passed, 0 failed, 0 skipped',
    ]);
  });

  test('tells of a file that cannot be loaded', async () => {
    const lines = await runTests("throw new Error('broken');");
    expect(lines.slice(-3)).toEqual(['FAILED own.test.js: broken', '', '0 passed, 1 failed, 0 skipped']);
  });
});

describe('.ci/run', () => {
  /** Runs it with commands of ours in the place of `npm test`, and of Node. */
  async function runCi(npm: string, node: string): Promise<string[]> {
    write('.ci/run', '');
    copyFileSync(join(repositoryRoot, '.ci/run'), join(folder, '.ci/run'));
    for (const [name, script] of Object.entries({ npm, node })) {
      write(`bin/${name}`, `#!/bin/sh\n${script}\n`);
      chmodSync(join(folder, 'bin', name), 0o755);
    }
    const PATH = [join(folder, 'bin'), process.env.PATH].join(delimiter);
    return run('bash', ['.ci/run'], { ...process.env, PATH, STACK_TEST_SEED: '7' });
  }

  const check = 'echo; echo "8 passed, 0 failed"';

  test('ends with what failed, before the numbers', async () => {
    const lines = await runCi(
      "printf 'FAILED core > a: no\\nFAILED core > b: no\\n\\n10 passed, \\033[31m2 failed\\033[0m, 3 skipped\\n'; exit 1",
      check,
    );
    expect(lines.slice(-6)).toEqual([
      'STACK_TEST_SEED=7 repeats the seeded tests of this run',
      'FAILED core > a: no',
      'FAILED core > b: no',
      'FAILED: npm test, exit code 1',
      '',
      '26 passed, 2 failed, 3 skipped',
    ]);
  });

  test('shows what a command said last that ended without numbers', async () => {
    const lines = await runCi('echo starting; echo; echo out of memory; exit 9', check);
    expect(lines.slice(-5)).toEqual([
      'starting',
      'out of memory',
      'FAILED: npm test, exit code 9',
      '',
      '16 passed, 1 failed, 0 skipped',
    ]);
  });

  test('has no more lines at its end than CI keeps, with many failures too', async () => {
    const many = 'for i in $(seq 99); do echo "FAILED $i"; done; echo \'0 passed, 99 failed\'; exit 1';
    const lines = await runCi(many, many);
    const seed = lines.findLastIndex((line) => line.startsWith('STACK_TEST_SEED'));
    expect(lines.slice(seed).length).toBeLessThanOrEqual(25);
    expect(lines.at(-1)).toBe('0 passed, 297 failed, 0 skipped');
  });

  test('names nothing when all passed, whatever the tests said', async () => {
    const lines = await runCi("echo 'FAILED on purpose'; echo '10 passed, 0 failed, 0 skipped'", check);
    expect(lines.slice(-3)).toEqual([
      'STACK_TEST_SEED=7 repeats the seeded tests of this run',
      '',
      '26 passed, 0 failed, 0 skipped',
    ]);
  });
});
