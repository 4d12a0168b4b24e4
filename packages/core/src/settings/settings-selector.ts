import { listComponentTypes } from '../component/component-type.ts';
import { didYouMean, type Problem } from '../errors/index.ts';
import { listKnownFlavors } from '../flavor/known-flavors.ts';

/** What tells the components of a stack apart. */
export interface SelectableComponent {
  readonly type: string;
  readonly flavor: string;
  readonly name: string;
}

/** What a selector of settings means: a component, nothing on this stack, or nothing at all. */
export type Selection<Component> =
  | { readonly component: Component }
  | { readonly ignored: string }
  | { readonly problem: Omit<Problem, 'path'> };

/**
 * The component of a stack that a selector of settings means: `orchestrator` is the default one of its type,
 * `artifact-store.s3` the one of its flavor, `artifact-store:prod` the one of its name.
 *
 * @param components those of one stack, the default of a type before the others
 * @param isPortable whether the settings stand in code that runs on any stack: a type or flavor that exists, and that
 * this stack does not have, is then no problem. The name of a component is always one of this stack.
 */
export function selectComponent<Component extends SelectableComponent>(
  components: readonly Component[],
  selector: string,
  { isPortable }: { readonly isPortable: boolean },
): Selection<Component> {
  const [, type = selector, separator, rest = ''] = /^([^.:]+)([.:])(.+)$/s.exec(selector) ?? [];
  const matching = components.filter((component) => {
    if (component.type !== type) return false;
    if (separator === undefined) return true;
    return separator === '.' ? component.flavor === rest : component.name === rest;
  });
  const [first, second] = matching;
  if (separator === '.' && second !== undefined) {
    const names = matching.map(({ name }) => `"${type}:${name}"`).join(' or ');
    return {
      problem: {
        message: `the stack has several components of the flavor ${type}/${rest}`,
        hint: `Say which one: ${names}.`,
        code: 'AMBIGUOUS',
      },
    };
  }
  if (first !== undefined) return { component: first };
  if (isPortable && knownSelectors().has(selector)) {
    return { ignored: `the stack has no ${type}${separator === '.' ? ` of the flavor ${rest}` : ''}` };
  }
  const here = components.flatMap(({ type, flavor, name }) => [type, `${type}.${flavor}`, `${type}:${name}`]);
  const candidates = new Set([...here, ...(isPortable ? knownSelectors() : [])]);
  return {
    problem: {
      message: 'the stack has no such component',
      hint: didYouMean(selector, candidates) ?? `It has ${components.map(selectorOf).join(', ')}.`,
      code: 'COMPONENT_NOT_FOUND',
    },
  };
}

/** The selector that means one component and no other. */
export function selectorOf({ type, name }: SelectableComponent): string {
  return `${type}:${name}`;
}

function knownSelectors(): Set<string> {
  return new Set([
    ...listComponentTypes().map(({ name }) => name),
    ...listKnownFlavors().map(({ type, name }) => `${type}.${name}`),
  ]);
}
