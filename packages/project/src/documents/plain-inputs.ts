import { type HiddenValue, type PlainInput, withReferences } from '../secrets/plain-secret-keeper.ts';
import type { ProjectState } from './project-state.ts';
import { flavorKey, type ResolvedDocument } from './resolve-document.ts';
import { documentComponents, memberKey, type StackDocument } from './stack-document.ts';

/** The components of a document, with what is stored under their names. */
export function plainInputs(
  { document, flavors }: ResolvedDocument,
  { findComponent }: Pick<ProjectState, 'findComponent'>,
): PlainInput[] {
  return documentComponents(document).flatMap(({ type, component }) => {
    const flavor = flavors.get(flavorKey(type, component));
    const { name } = component;
    return flavor === undefined
      ? []
      : [{ type, name, flavor, input: component, stored: findComponent(type, name)?.component }];
  });
}

/** The document with the references in the place of the values. */
export function withHiddenValues(
  document: StackDocument,
  inputs: readonly PlainInput[],
  hidden: readonly (readonly HiddenValue[])[],
): StackDocument {
  const byMember = new Map(inputs.map((input, index) => [memberKey(input), hidden[index] ?? []]));
  const components = Object.entries(document.components).map(([type, list]) => [
    type,
    list.map((component) => {
      if (typeof component === 'string') return component;
      const { config, settings } = withReferences(
        component,
        byMember.get(memberKey({ type, name: component.name })) ?? [],
      );
      return { ...component, config, settings };
    }),
  ]);
  return { ...document, components: Object.fromEntries(components) };
}
