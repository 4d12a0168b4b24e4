import { didYouMean, type Problem, StackError } from '@stack/core';

export interface ConformanceOptions<Component extends AsyncDisposable, CaseName extends string> {
  /** What the tests are called by, e.g. `s3`. */
  readonly name: string;
  /**
   * Makes a new component, empty, for one case. What is to be cleaned up after the case is put on `disposables`: it is
   * disposed before the component is, the last first.
   */
  readonly create: (disposables: AsyncDisposableStack) => Promise<Component>;
  /** The cases that the component does not support, each with the reason. One that it does support is an error. */
  readonly unsupported?: Readonly<Partial<Record<CaseName, string>>> | undefined;
  /**
   * Why the system behind the component is not there. All cases are then skipped, and fail where the environment
   * variable `STACK_REQUIRE_BACKENDS` is set.
   */
  readonly unavailable?: string | undefined;
}

export interface CaseContext<Component, Hooks = object> {
  readonly component: Component;
  /** Makes a second component, disposed with the first. */
  readonly createAnother: () => Promise<Component>;
  /** What is put here is disposed after the case. */
  readonly disposables: AsyncDisposableStack;
  /** What the options offer the cases beside a new component. */
  readonly hooks: Hooks;
}

export type CaseBody<Component, Hooks = object> = (context: CaseContext<Component, Hooks>) => Promise<void>;

/** A case that not every component, or not every run, can be put to. */
export interface ConditionalCase<Component, Hooks = object> {
  /** Why it cannot run with these options: it is skipped, with this reason. `undefined` when it can. */
  readonly obstacle: (hooks: Hooks) => string | undefined;
  readonly run: CaseBody<Component, Hooks>;
}

export type ConformanceCase<Component, Hooks = object> = CaseBody<Component, Hooks> | ConditionalCase<Component, Hooks>;

/** The cases of a suite, each named by the rule of the contract that it checks. */
export type ConformanceCases<Component, CaseName extends string = string, Hooks = object> = Readonly<
  Record<CaseName, ConformanceCase<Component, Hooks>>
>;

/** Why a case is not run at all; `undefined` when it is. */
export function obstacleOf<Component, Hooks>(
  testCase: ConformanceCase<Component, Hooks>,
  hooks: Hooks,
): string | undefined {
  return typeof testCase === 'function' ? undefined : testCase.obstacle(hooks);
}

export function caseNames<CaseName extends string>(cases: Readonly<Record<CaseName, unknown>>): CaseName[] {
  return Object.keys(cases) as CaseName[];
}

/**
 * The reasons of the cases that are declared as unsupported, by name.
 *
 * @throws ARGUMENT_INVALID with every name that is none of a case
 */
export function unsupportedCases<CaseName extends string>(
  cases: Readonly<Record<CaseName, unknown>>,
  { unsupported = {} }: Pick<ConformanceOptions<AsyncDisposable, string>, 'unsupported'>,
): Map<CaseName, string> {
  const declared = new Map(Object.entries(unsupported) as [CaseName, string][]);
  checkCaseNames(cases, [...declared.keys()], 'to declare as unsupported');
  return declared;
}

/** @throws ARGUMENT_INVALID with every name that is none of a case */
export function checkCaseNames(
  cases: Readonly<Record<string, unknown>>,
  names: readonly string[],
  purpose: string,
): void {
  const problems = names
    .filter((name) => !Object.hasOwn(cases, name))
    .map((name): Problem => {
      const hint = didYouMean(name, Object.keys(cases));
      return { path: name, message: `There is no case "${name}" ${purpose}.`, ...(hint === undefined ? {} : { hint }) };
    });
  const [first] = problems;
  if (first === undefined) return;
  throw new StackError({
    code: 'ARGUMENT_INVALID',
    message: problems.map(({ message }) => message).join('\n'),
    hint: problems.length === 1 ? first.hint : problems.flatMap(({ hint }) => hint ?? []).join('\n'),
    problems,
  });
}
