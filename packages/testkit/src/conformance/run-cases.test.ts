import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { ConformanceCases } from './conformance-suite.ts';
import { runCases } from './run-cases.ts';

const log: string[] = [];

class Component implements AsyncDisposable {
  async [Symbol.asyncDispose](): Promise<void> {
    log.push('component disposed');
  }
}

const cases = {
  'it holds': async () => {},
  'it does not hold': async () => {
    throw new Error('no');
  },
  'it never ends': async () => {
    await new Promise<void>(() => {});
  },
  'it leaves a rejection': async () => {
    void Promise.reject(new Error('left alone'));
    await delay(20);
  },
  'it needs a proxy': {
    obstacle: ({ proxy }) => (proxy === undefined ? 'no proxy' : undefined),
    run: async ({ hooks }) => void log.push(`has ${hooks.proxy}`),
  },
} satisfies ConformanceCases<Component, string, { readonly proxy?: string }>;

const options = { name: 'suite', create: async () => new Component() };

async function outcomes(...parameters: Parameters<typeof runCases<Component, keyof typeof cases, { proxy?: string }>>) {
  const results = await runCases(...parameters);
  return results.map(({ name, outcome, reason, error }) => [name, outcome, reason ?? (error as Error)?.message]);
}

it('says how each case ended, and why', async () => {
  expect(await outcomes(cases, options, { cases: ['it never ends'], timeLimit: 50 })).toEqual([
    ['it never ends', 'failed', 'it has not ended after 0.05 s'],
  ]);
  // Without a limit that they could miss on a busy machine.
  const others = ['it holds', 'it does not hold', 'it leaves a rejection', 'it needs a proxy'] as const;
  expect(await outcomes(cases, options, { cases: others })).toEqual([
    ['it holds', 'passed', undefined],
    ['it does not hold', 'failed', 'no'],
    ['it leaves a rejection', 'failed', 'a promise that nobody waits for was rejected: Error: left alone'],
    ['it needs a proxy', 'skipped', 'no proxy'],
  ]);
});

it('tells a declaration that is right from one that is not', async () => {
  const unsupported = { 'it holds': 'it is not', 'it does not hold': 'no luck' };
  const declared = { cases: ['it holds', 'it does not hold'] } as const;
  expect(await outcomes(cases, { ...options, unsupported }, declared)).toEqual([
    ['it holds', 'misdeclared', undefined],
    ['it does not hold', 'unsupported', 'no luck'],
  ]);
});

it('gives a case what the options offer', async () => {
  log.length = 0;
  const results = await outcomes(cases, { ...options, proxy: 'one' }, { cases: ['it needs a proxy'] });
  expect(results).toEqual([['it needs a proxy', 'passed', undefined]]);
  expect(log).toEqual(['has one', 'component disposed']);
});

it('disposes the component after what create put on the stack, also where that fails', async () => {
  log.length = 0;
  const create = async (disposables: AsyncDisposableStack) => {
    disposables.defer(() => void log.push('folder removed'));
    return new Component();
  };
  await runCases(cases, { ...options, create }, { cases: ['it does not hold'] });
  expect(log).toEqual(['folder removed', 'component disposed']);
  const broken = async (disposables: AsyncDisposableStack) => {
    disposables.defer(() => {
      throw new Error('cannot be removed');
    });
    return new Component();
  };
  expect(await outcomes(cases, { ...options, create: broken }, { cases: ['it holds'] })).toEqual([
    ['it holds', 'failed', 'cannot be removed'],
  ]);
  expect(log).toHaveLength(3);
  expect(await outcomes(cases, { ...options, create: broken }, { cases: ['it does not hold'] })).toEqual([
    ['it does not hold', 'failed', 'no'],
  ]);
});

it('tells of each case as it ends, and begins none after an abort', async () => {
  const controller = new AbortController();
  const told: string[] = [];
  const onResult = ({ name }: { readonly name: string }) => {
    told.push(name);
    controller.abort();
  };
  const results = await runCases(cases, options, { onResult, signal: controller.signal });
  expect(results.map(({ name }) => name)).toEqual(['it holds']);
  expect(told).toEqual(['it holds']);
});

it('names all cases that there are not', async () => {
  const unsupported = { 'it hold': 'a typo', 'it needs a prox': 'another' } as Record<string, string>;
  await expect(runCases(cases, { ...options, unsupported })).rejects.toMatchObject({
    code: 'ARGUMENT_INVALID',
    problems: [
      { path: 'it hold', hint: 'Did you mean "it holds"?' },
      { path: 'it needs a prox', hint: expect.stringContaining('it needs a proxy') },
    ],
  });
  await expect(runCases(cases, options, { cases: ['it hold' as 'it holds'] })).rejects.toThrow(
    'There is no case "it hold" to run.',
  );
});
