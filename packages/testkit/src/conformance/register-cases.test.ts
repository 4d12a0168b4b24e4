import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ConformanceCases } from './conformance-suite.ts';
import { registerCases } from './register-cases.ts';

const cases = {
  'it holds': async () => {},
  'it does not hold': async () => {
    throw new Error('no');
  },
  'it needs a proxy': { obstacle: () => 'no proxy', run: async () => {} },
} satisfies ConformanceCases<AsyncDisposable>;

type Options = Parameters<typeof registerCases<AsyncDisposable, keyof typeof cases, object>>[1];

const component: AsyncDisposable = { [Symbol.asyncDispose]: async () => {} };

function register(options: Partial<Options> = {}) {
  const tests = new Map<string, () => Promise<void>>();
  const skipped: string[] = [];
  const register = Object.assign((name: string, body: () => Promise<void>) => tests.set(name, body), {
    skip: (name: string) => skipped.push(name),
  });
  const all = { name: 'suite', create: async () => component, ...options };
  registerCases(cases, all, { describe: (_, body) => body(), it: register });
  return { tests, skipped };
}

afterEach(() => vi.unstubAllEnvs());

it('makes a test of each case, and a skip with its reason of one that needs what is not there', async () => {
  const { tests, skipped } = register();
  expect([...tests.keys()]).toEqual(['it holds', 'it does not hold']);
  expect(skipped).toEqual(['it needs a proxy (no proxy)']);
  await tests.get('it holds')?.();
  await expect(tests.get('it does not hold')?.()).rejects.toThrow('no');
});

describe('a declaration', () => {
  it('is a skip that shows the reason', () => {
    const { skipped } = register({ unsupported: { 'it does not hold': 'no luck' } });
    expect(skipped).toContain('it does not hold (unsupported: no luck)');
  });

  it('that is right passes, and one that is not is a failure', async () => {
    const right = register({ unsupported: { 'it does not hold': 'no luck' } });
    await right.tests.get('what is declared as unsupported is so')?.();
    const wrong = register({ unsupported: { 'it holds': 'it is not' } });
    await expect(wrong.tests.get('what is declared as unsupported is so')?.()).rejects.toThrow('it holds');
  });

  it('of a case that there is not is refused', () => {
    const unsupported: Record<string, string> = { 'it hold': 'a typo' };
    expect(() => register({ unsupported })).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID', hint: 'Did you mean "it holds"?' }),
    );
  });
});

describe('a backend that is not there', () => {
  const unavailable = 'no server on port 1';

  it('skips every case with the reason', () => {
    vi.stubEnv('STACK_REQUIRE_BACKENDS', undefined);
    const { tests, skipped } = register({ unavailable });
    expect(tests.size).toBe(0);
    expect(skipped).toEqual(Object.keys(cases).map((name) => `${name} (no server on port 1)`));
  });

  it('fails every case where backends are required', async () => {
    vi.stubEnv('STACK_REQUIRE_BACKENDS', '1');
    const { tests } = register({ unavailable });
    expect([...tests.keys()]).toEqual(Object.keys(cases));
    await expect(tests.get('it holds')?.()).rejects.toThrow(unavailable);
  });
});

it('runs under node:test, with a test for each case and the skips among them', async () => {
  const file = join(import.meta.dirname, '..', '..', 'test', 'memory-store-suite.ts');
  const options = ['--conditions=@stack/source', '--test', '--test-reporter=tap', file];
  const { NODE_OPTIONS: _, ...env } = process.env;
  const failed = await promisify(execFile)(process.execPath, options, { env }).catch((error: unknown) => error);
  const { stdout } = failed as { readonly stdout: string };
  const counts = Object.fromEntries(
    [...stdout.matchAll(/^# (\w+) (\d+)$/gm)].map(([, name, count]) => [name, Number(count)]),
  );
  expect(counts).toMatchObject({ fail: 1, cancelled: 0 });
  expect(counts.pass).toBeGreaterThan(150);
  expect(counts.skipped).toBeGreaterThan(4);
  expect(stdout).toMatch(/is TIMEOUT \(.*\) # SKIP/);
  expect(stdout).toContain('# Subtest: what is written is read back byte for byte');
  expect(stdout).toMatch(/text is kept as UTF-8 \(unsupported: it is said so, and is not\) # SKIP/);
  expect(stdout).toMatch(/not ok \d+ - what is declared as unsupported is so/);
});
