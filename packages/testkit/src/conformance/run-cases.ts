import { AssertionError } from 'node:assert/strict';
import {
  type CaseContext,
  type ConformanceCase,
  type ConformanceCases,
  type ConformanceOptions,
  caseNames,
  checkCaseNames,
  obstacleOf,
  unsupportedCases,
} from './conformance-suite.ts';

/** How one case ended. */
export interface CaseResult<CaseName extends string = string> {
  readonly name: CaseName;
  /**
   * `unsupported`: it fails, as it is declared to. `misdeclared`: it is declared as unsupported, and holds. `skipped`: it
   * needs something that the options do not offer.
   */
  readonly outcome: 'passed' | 'failed' | 'unsupported' | 'misdeclared' | 'skipped';
  /** Why it is unsupported or skipped. */
  readonly reason?: string | undefined;
  /** What it failed with. */
  readonly error?: unknown;
  /** Milliseconds, from the making of the component to the end of its cleaning up. */
  readonly duration: number;
}

export interface RunOptions<CaseName extends string = string> {
  /** Default: all. */
  readonly cases?: readonly CaseName[] | undefined;
  /** Called after each case. */
  readonly onResult?: ((result: CaseResult<CaseName>) => void) | undefined;
  /** Milliseconds after which a case that has not ended fails. Default: 60,000. */
  readonly timeLimit?: number | undefined;
  /** Once it aborts, no further case is begun. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs cases without a test runner, one after the other.
 *
 * @throws ARGUMENT_INVALID for names that are none of a case
 */
export async function runCases<Component extends AsyncDisposable, CaseName extends string, Hooks>(
  cases: ConformanceCases<Component, CaseName, Hooks>,
  options: ConformanceOptions<Component, CaseName> & Hooks,
  { cases: names = caseNames(cases), onResult, timeLimit = 60_000, signal }: RunOptions<CaseName> = {},
): Promise<CaseResult<CaseName>[]> {
  const unsupported = unsupportedCases(cases, options);
  checkCaseNames(cases, names, 'to run');
  const results: CaseResult<CaseName>[] = [];
  for (const name of names) {
    if (signal?.aborted) break;
    const result = { name, ...(await runOne(cases[name], options, unsupported.get(name), timeLimit)) };
    results.push(result);
    onResult?.(result);
  }
  return results;
}

/** Runs one case on a new component, and cleans up after it. */
export async function runCase<Component extends AsyncDisposable, CaseName extends string, Hooks>(
  testCase: ConformanceCase<Component, Hooks>,
  options: ConformanceOptions<Component, CaseName> & Hooks,
): Promise<void> {
  const disposables = new AsyncDisposableStack();
  try {
    await runBody(testCase, options, disposables);
  } catch (error) {
    // What the case failed with says more than that it cannot be cleaned up either.
    await disposables.disposeAsync().catch(() => {});
    throw error;
  }
  await disposables.disposeAsync();
}

async function runBody<Component extends AsyncDisposable, CaseName extends string, Hooks>(
  testCase: ConformanceCase<Component, Hooks>,
  options: ConformanceOptions<Component, CaseName> & Hooks,
  disposables: AsyncDisposableStack,
): Promise<void> {
  const createAnother = async () => {
    let component: Component | undefined;
    // Before what create puts on the stack, which may need the component to clean up after it.
    disposables.defer(() => component?.[Symbol.asyncDispose]());
    component = await options.create(disposables);
    return component;
  };
  const component = await createAnother();
  const context: CaseContext<Component, Hooks> = { component, createAnother, disposables, hooks: options };
  await (typeof testCase === 'function' ? testCase(context) : testCase.run(context));
}

async function runOne<Component extends AsyncDisposable, CaseName extends string, Hooks>(
  testCase: ConformanceCase<Component, Hooks>,
  options: ConformanceOptions<Component, CaseName> & Hooks,
  unsupported: string | undefined,
  timeLimit: number,
): Promise<Omit<CaseResult, 'name'>> {
  const obstacle = options.unavailable ?? obstacleOf(testCase, options);
  if (obstacle !== undefined) return { outcome: 'skipped', reason: obstacle, duration: 0 };
  const started = performance.now();
  const duration = () => performance.now() - started;
  try {
    await withinLimits(() => runCase(testCase, options), timeLimit);
    return { outcome: unsupported === undefined ? 'passed' : 'misdeclared', duration: duration() };
  } catch (error) {
    if (unsupported === undefined) return { outcome: 'failed', error, duration: duration() };
    return { outcome: 'unsupported', reason: unsupported, error, duration: duration() };
  }
}

/** Fails an action that does not end in time, or that leaves a rejected promise which nobody waits for. */
async function withinLimits(action: () => Promise<void>, timeLimit: number): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new AssertionError({ message: `it has not ended after ${timeLimit / 1000} s` }));
  }, timeLimit);
  const strand = (cause: unknown) =>
    reject(new Error(`a promise that nobody waits for was rejected: ${String(cause)}`, { cause }));
  process.on('unhandledRejection', strand);
  try {
    await Promise.race([action(), promise]);
  } finally {
    clearTimeout(timer);
    process.off('unhandledRejection', strand);
  }
}
