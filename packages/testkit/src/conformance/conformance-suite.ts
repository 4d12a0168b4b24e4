import assert from 'node:assert/strict';
import { didYouMean, StackError } from '@stack/core';

/** The part of a test runner that the kit needs: `describe` and `it` of vitest, node:test, jest or mocha. */
export interface TestRunner {
  describe(name: string, body: () => void): unknown;
  readonly it: {
    (name: string, body: () => Promise<void>): unknown;
    skip(name: string, body: () => Promise<void>): unknown;
  };
}

export interface ConformanceOptions<Component extends AsyncDisposable, CaseName extends string> {
  /** What the tests are called by, e.g. `s3`. */
  readonly name: string;
  /** Makes a new component, empty, for one case. What is to be cleaned up after the case is put on `disposables`. */
  readonly create: (disposables: AsyncDisposableStack) => Promise<Component>;
  /** The cases that the component does not support, each with the reason. One that it does support is an error. */
  readonly unsupported?: Readonly<Partial<Record<CaseName, string>>> | undefined;
  /**
   * Why the system behind the component is not there. All cases are then skipped, and fail where the environment
   * variable `STACK_REQUIRE_BACKENDS` is set.
   */
  readonly unavailable?: string | undefined;
}

export interface CaseContext<Component> {
  readonly component: Component;
  /** Makes a second component, disposed with the first. */
  readonly createAnother: () => Promise<Component>;
  /** What is put here is disposed after the case. */
  readonly disposables: AsyncDisposableStack;
}

/** The cases of a suite, each named by the rule of the contract that it checks. */
export type ConformanceCases<Component, CaseName extends string = string> = Readonly<
  Record<CaseName, (context: CaseContext<Component>) => Promise<void>>
>;

/** How one case ended. */
export interface CaseResult<CaseName extends string> {
  readonly name: CaseName;
  /** `misdeclared`: it is declared as unsupported, and holds. */
  readonly outcome: 'passed' | 'failed' | 'unsupported' | 'misdeclared';
  readonly error?: unknown;
}

/** Registers the cases of a suite with a test runner. */
export function registerCases<Component extends AsyncDisposable, CaseName extends string>(
  cases: ConformanceCases<Component, CaseName>,
  options: ConformanceOptions<Component, CaseName>,
  { describe, it }: TestRunner,
): void {
  const unsupported = unsupportedCases(cases, options);
  describe(options.name, () => {
    for (const name of caseNames(cases)) {
      const body = () => runCase(cases[name], options.create);
      const reason = unsupported.get(name);
      if (options.unavailable !== undefined) {
        if (process.env.STACK_REQUIRE_BACKENDS) it(name, () => Promise.reject(new Error(options.unavailable)));
        else it.skip(`${name} (${options.unavailable})`, body);
      } else if (reason === undefined) it(name, body);
      else it.skip(`${name} (unsupported: ${reason})`, body);
    }
    if (unsupported.size === 0 || options.unavailable !== undefined) return;
    it('what is declared as unsupported is so', async () => {
      const results = await runCases(cases, options, [...unsupported.keys()]);
      const misdeclared = results.filter(({ outcome }) => outcome === 'misdeclared').map(({ name }) => name);
      assert.deepEqual(misdeclared, [], 'these cases hold: do not declare them as unsupported');
    });
  });
}

/** Runs cases without a test runner, one after the other. */
export async function runCases<Component extends AsyncDisposable, CaseName extends string>(
  cases: ConformanceCases<Component, CaseName>,
  options: ConformanceOptions<Component, CaseName>,
  names: readonly CaseName[] = caseNames(cases),
): Promise<CaseResult<CaseName>[]> {
  const unsupported = unsupportedCases(cases, options);
  const results: CaseResult<CaseName>[] = [];
  for (const name of names) {
    try {
      await runCase(cases[name], options.create);
      results.push({ name, outcome: unsupported.has(name) ? 'misdeclared' : 'passed' });
    } catch (error) {
      results.push({ name, outcome: unsupported.has(name) ? 'unsupported' : 'failed', error });
    }
  }
  return results;
}

async function runCase<Component extends AsyncDisposable>(
  body: (context: CaseContext<Component>) => Promise<void>,
  create: (disposables: AsyncDisposableStack) => Promise<Component>,
): Promise<void> {
  await using disposables = new AsyncDisposableStack();
  const createAnother = async () => {
    const component = await create(disposables);
    return disposables.use(component);
  };
  await body({ component: await createAnother(), createAnother, disposables });
}

function unsupportedCases<Component extends AsyncDisposable, CaseName extends string>(
  cases: ConformanceCases<Component, CaseName>,
  { unsupported }: ConformanceOptions<Component, CaseName>,
): Map<CaseName, string> {
  const declared = Object.entries(unsupported ?? {}) as [CaseName, string][];
  for (const [name] of declared) {
    if (Object.hasOwn(cases, name)) continue;
    throw new StackError({
      code: 'ARGUMENT_INVALID',
      message: `There is no case "${name}" to declare as unsupported.`,
      hint: didYouMean(name, Object.keys(cases)),
    });
  }
  return new Map(declared);
}

function caseNames<CaseName extends string>(cases: Readonly<Record<CaseName, unknown>>): CaseName[] {
  return Object.keys(cases) as CaseName[];
}
