import assert from 'node:assert/strict';
import {
  type ConformanceCases,
  type ConformanceOptions,
  caseNames,
  obstacleOf,
  unsupportedCases,
} from './conformance-suite.ts';
import { runCase, runCases } from './run-cases.ts';

/** The part of a test runner that the kit needs: `describe` and `it` of vitest, node:test, jest or mocha. */
export interface TestRunner {
  describe(name: string, body: () => void): unknown;
  readonly it: {
    (name: string, body: () => Promise<void>): unknown;
    skip(name: string, body: () => Promise<void>): unknown;
  };
}

/** Registers the cases of a suite with a test runner. */
export function registerCases<Component extends AsyncDisposable, CaseName extends string, Hooks>(
  cases: ConformanceCases<Component, CaseName, Hooks>,
  options: ConformanceOptions<Component, CaseName> & Hooks,
  { describe, it }: TestRunner,
): void {
  const unsupported = unsupportedCases(cases, options);
  const { unavailable } = options;
  describe(options.name, () => {
    for (const name of caseNames(cases)) {
      const body = () => runCase(cases[name], options);
      const reason = unsupported.get(name);
      const obstacle = obstacleOf(cases[name], options);
      if (unavailable !== undefined && process.env.STACK_REQUIRE_BACKENDS) {
        it(name, () => Promise.reject(new Error(unavailable)));
      } else if (unavailable !== undefined) it.skip(`${name} (${unavailable})`, body);
      else if (obstacle !== undefined) it.skip(`${name} (${obstacle})`, body);
      else if (reason !== undefined) it.skip(`${name} (unsupported: ${reason})`, body);
      else it(name, body);
    }
    if (unsupported.size === 0 || unavailable !== undefined) return;
    it('what is declared as unsupported is so', async () => {
      const results = await runCases(cases, options, { cases: [...unsupported.keys()] });
      const misdeclared = results.filter(({ outcome }) => outcome === 'misdeclared').map(({ name }) => name);
      assert.deepEqual(misdeclared, [], 'these cases hold: do not declare them as unsupported');
    });
  });
}
