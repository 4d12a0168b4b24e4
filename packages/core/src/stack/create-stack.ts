import { checkName } from '../component/component-name.ts';
import { componentTypeProperty, getComponentType, listStackTypes } from '../component/component-type.ts';
import type { ComponentTypeName, ComponentTypes } from '../component/component-types.ts';
import { type AnyComponent, StackComponent } from '../component/stack-component.ts';
import { didYouMean, type Problem, StackError } from '../errors/index.ts';
import { checkStack } from './check-stack.ts';
import { disposeAll, Stack } from './stack.ts';

type CamelCase<Name extends string> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name;

type OneOrMore<Component> = Component | PromiseLike<Component> | readonly (Component | PromiseLike<Component>)[];

/** The name of a stack and its components, by type: `orchestrator`, `artifactStore`, ... */
export type StackOptions = { readonly name: string } & {
  readonly [Type in Exclude<ComponentTypeName, 'secret-store'> as CamelCase<Type>]?: OneOrMore<ComponentTypes[Type]>;
} & {
  readonly orchestrator: OneOrMore<ComponentTypes['orchestrator']>;
  readonly artifactStore: OneOrMore<ComponentTypes['artifact-store']>;
};

/**
 * Puts components together into a stack, which owns them from then on. Components may be given as promises, as
 * `createComponent` returns them. When one fails, or the stack is not valid, all others are disposed.
 *
 * @throws STACK_INVALID with every problem: a type that is missing, one that is given too often
 */
export async function createStack(options: StackOptions): Promise<Stack> {
  const { name, ...byProperty } = options;
  const given = Object.entries(byProperty).flatMap(([property, value]: [string, OneOrMore<AnyComponent>]) =>
    (Array.isArray(value) ? value : [value]).map((component) => ({ property, component })),
  );
  const settled = await Promise.allSettled(given.map(({ component }) => component));
  const components = settled.filter((result) => result.status === 'fulfilled').map(({ value }) => value);
  try {
    checkName('stack', name);
    for (const result of settled) {
      if (result.status === 'rejected') throw result.reason;
    }
    const problems = [
      ...given.flatMap(({ property }, index) => checkComponent(property, components[index])),
      ...checkStack(components.filter(StackComponent.is)),
    ];
    if (problems.length > 0) throw stackError(name, problems);
    return new Stack(name, components);
  } catch (error) {
    // Why there is no stack says more than what fails in the clean-up.
    await disposeAll(components.filter(StackComponent.is)).catch(() => {});
    throw error;
  }
}

/** The error for a stack with these problems. */
export function stackError(name: string, problems: readonly Problem[]): StackError {
  const lines = problems.map(({ message }) => `  ${message}`);
  return new StackError({
    code: 'STACK_INVALID',
    message: `The stack "${name}" is not valid:\n${lines.join('\n')}`,
    hint: problems[0]?.hint,
    problems,
  });
}

function checkComponent(property: string, component: unknown): Problem[] {
  const types = new Map(listStackTypes().map((type) => [componentTypeProperty(type.name), type]));
  const expected = types.get(property);
  if (expected === undefined) {
    const hint = didYouMean(property, types.keys());
    return [
      { path: property, message: `"${property}" is not a component type`, ...(hint === undefined ? {} : { hint }) },
    ];
  }
  if (!StackComponent.is(component)) return [{ path: property, message: `${property} is not a component` }];
  if (component.type === expected.name) return [];
  const { label } = getComponentType(component.type);
  return [{ path: property, message: `"${component.name}" is given as ${expected.label}, and is a ${label}` }];
}
