import { componentTypeProperty, getComponentType, listComponentTypes } from '../component/component-type.ts';
import type { Problem } from '../errors/index.ts';

/**
 * What keeps these components from being a stack: a required type that is missing, several of a type that a stack
 * has one of, two of one name. Pure.
 */
export function checkStack(components: readonly { readonly type: string; readonly name: string }[]): Problem[] {
  const problems: Problem[] = [];
  for (const { name, label, required } of listComponentTypes()) {
    if (required && !components.some(({ type }) => type === name)) {
      problems.push({ path: componentTypeProperty(name), message: `a stack has one ${label}, and this has none` });
    }
  }
  for (const [typeName, ofType] of Map.groupBy(components, ({ type }) => type)) {
    const { label, multiple } = getComponentType(typeName);
    const path = componentTypeProperty(typeName);
    if (!multiple && ofType.length > 1) {
      problems.push({ path, message: `a stack has one ${label}, and this has ${ofType.length}` });
    }
    for (const [name, ofName] of Map.groupBy(ofType, (component) => component.name)) {
      if (ofName.length > 1) problems.push({ path, message: `two components have the name "${name}"` });
    }
  }
  return problems;
}
