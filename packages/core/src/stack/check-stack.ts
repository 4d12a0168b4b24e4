import { componentTypeProperty, listComponentTypes } from '../component/component-type.ts';
import type { Problem } from '../errors/index.ts';

/**
 * What keeps these components from being a stack: a required type that is missing, several of a type that a stack
 * has one of, two of one name, one that belongs to the project. A component of a type that this process does not know counts
 * for none. Pure.
 */
export function checkStack(components: readonly { readonly type: string; readonly name: string }[]): Problem[] {
  const problems: Problem[] = [];
  const types = listComponentTypes();
  for (const { name, label, required } of types) {
    if (required && !components.some(({ type }) => type === name)) {
      problems.push({
        path: componentTypeProperty(name),
        code: 'COMPONENT_MISSING',
        message: `a stack has one ${label}, and this has none`,
      });
    }
  }
  for (const [typeName, ofType] of Map.groupBy(components, ({ type }) => type)) {
    const type = types.find(({ name }) => name === typeName);
    const path = componentTypeProperty(typeName);
    if (type?.belongsTo === 'project') {
      const message = `a ${type.label} belongs to the project, and to no stack`;
      problems.push({ path, code: 'STACK_INVALID', message });
    }
    if (type?.multiple === false && ofType.length > 1) {
      const message = `a stack has one ${type.label}, and this has ${ofType.length}`;
      problems.push({ path, code: 'COMPONENT_REPEATED', message });
    }
    for (const [name, ofName] of Map.groupBy(ofType, (component) => component.name)) {
      if (ofName.length > 1) {
        problems.push({ path, code: 'COMPONENT_REPEATED', message: `two components have the name "${name}"` });
      }
    }
  }
  return problems;
}
