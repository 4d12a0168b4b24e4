import { didYouMean, type Problem } from '../errors/index.ts';

/** What tells the components of a stack apart. */
export interface SelectableComponent {
  readonly type: string;
  readonly flavor: string;
  readonly name: string;
}

/**
 * The component of a stack that a selector of settings means: `orchestrator` is the default one of its type,
 * `artifact-store.s3` the one of its flavor, `artifact-store:prod` the one of its name.
 *
 * @param components those of one stack, the default of a type before the others
 */
export function selectComponent<Component extends SelectableComponent>(
  components: readonly Component[],
  selector: string,
): Component | Problem {
  const [, type = selector, separator, rest = ''] = /^([^.:]+)([.:])(.+)$/s.exec(selector) ?? [];
  const ofType = components.filter((component) => component.type === type);
  const matching = ofType.filter((component) => {
    if (separator === undefined) return true;
    return separator === '.' ? component.flavor === rest : component.name === rest;
  });
  const [first, second] = matching;
  if (first === undefined) {
    const hint = didYouMean(selector, components.flatMap(selectorsOf));
    return {
      path: selector,
      message: `the settings are for "${selector}", and the stack has no such component`,
      ...(hint === undefined ? {} : { hint }),
    };
  }
  if (separator === '.' && second !== undefined) {
    const names = matching.map(({ name }) => `"${type}:${name}"`).join(' or ');
    return {
      path: selector,
      message: `the stack has several components of the flavor ${type}/${rest}`,
      hint: `Say which one: ${names}.`,
    };
  }
  return first;
}

function selectorsOf({ type, flavor, name }: SelectableComponent): string[] {
  return [type, `${type}.${flavor}`, `${type}:${name}`];
}
