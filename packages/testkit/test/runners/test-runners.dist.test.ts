import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// The kit as authors run it: by other runners than ours, in processes of their own, as it is published.

const suites = import.meta.dirname;
const require = createRequire(import.meta.url);

/** Names of tests, by how they ended. */
interface Outcome {
  readonly passed: readonly string[];
  readonly failed: readonly string[];
  readonly skipped: readonly string[];
}

interface Runner {
  readonly runner: string;
  readonly run: (report: string) => Promise<Outcome>;
}

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stack-runners-'));
});

afterAll(() => rm(folder, { recursive: true }));

/** What a runner prints, which ends with a failure since a test fails. */
async function runTests(...words: string[]): Promise<string> {
  // What our runner sets would change what the others do.
  const options = { cwd: suites, env: { PATH: process.env.PATH }, maxBuffer: 64 * 1024 * 1024 };
  const failure = await promisify(execFile)(process.execPath, words, options).catch((error: unknown) => error);
  const { code, stdout = '', stderr } = failure as { code?: unknown; stdout?: string; stderr?: string };
  if (typeof code !== 'number') throw new Error(`no test failed: ${stdout}\n${stderr}`);
  return stdout;
}

const runners: readonly Runner[] = [
  {
    runner: 'node:test',
    run: async () => {
      const output = await runTests('--test', '--test-reporter=tap', 'node-test.suite.mjs');
      const tests = [...output.matchAll(/^ {4}(not )?ok \d+ - (.*?)( # SKIP)?$/gm)];
      const named = (is: (failed: boolean, skipped: boolean) => boolean) =>
        tests
          .filter(([, failed, , skipped]) => is(failed !== undefined, skipped !== undefined))
          // What has a meaning in this format is written with a backslash.
          .map(([, , name = '']) => name.replaceAll(/\\([#\\])/g, '$1'));
      return {
        passed: named((failed, skipped) => !failed && !skipped),
        failed: named((failed) => failed),
        skipped: named((_, skipped) => skipped),
      };
    },
  },
  {
    runner: 'mocha',
    run: async (report) => {
      const words = ['--timeout=60000', '--reporter=json', `--reporter-option=output=${report}`, 'mocha.suite.mjs'];
      await runTests(require.resolve('mocha/bin/mocha.js'), ...words);
      const { passes, failures, pending } = JSON.parse(await readFile(report, 'utf8')) as Readonly<
        Record<'passes' | 'failures' | 'pending', readonly { readonly title: string }[]>
      >;
      const [passed, failed, skipped] = [passes, failures, pending].map((tests) => tests.map(({ title }) => title));
      return { passed, failed, skipped } as Outcome;
    },
  },
  {
    runner: 'jest',
    run: async (report) => {
      const config = {
        testMatch: ['**/jest.suite.mjs'],
        transform: {},
        testTimeout: 60_000,
        cacheDirectory: join(folder, 'cache'),
      };
      const words = [`--config=${JSON.stringify(config)}`, `--rootDir=${suites}`, '--json', `--outputFile=${report}`];
      await runTests('--experimental-vm-modules', require.resolve('jest/bin/jest'), ...words);
      const { testResults } = JSON.parse(await readFile(report, 'utf8')) as {
        readonly testResults: readonly {
          readonly assertionResults: readonly { readonly title: string; readonly status: string }[];
        }[];
      };
      const named = (wanted: string) =>
        testResults
          .flatMap(({ assertionResults }) => assertionResults)
          .filter(({ status }) => status === wanted)
          .map(({ title }) => title);
      return { passed: named('passed'), failed: named('failed'), skipped: named('pending') };
    },
  },
];

describe.each(runners)('the suite of artifact stores below $runner', ({ runner, run }) => {
  it('has a test for each case, skips with their reasons, and fails for a declaration that is not true', async () => {
    const { passed, failed, skipped } = await run(join(folder, `${runner.replace(':', '-')}.json`));
    expect(failed).toEqual(['what is declared as unsupported is so']);
    expect(passed.length).toBeGreaterThan(150);
    expect(passed).toContain('what is written is read back byte for byte');
    expect(passed).toContain('a folder that cannot be uploaded as a whole is not uploaded at all');
    expect(skipped.length).toBeGreaterThan(50);
    expect(skipped).toContain('text is kept as UTF-8 (unsupported: it is said so, and is not)');
    expect(skipped).toContain('300 writes and reads at once all succeed (only with STACK_TEST_LONG=1)');
    expect(new Set([...passed, ...skipped]).size).toBe(passed.length + skipped.length);
  }, 120_000);
});
