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
