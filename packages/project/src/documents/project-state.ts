import { type AnyFlavor, migrateConfig, StackError } from '@stack/core';
import type { StackRecord, StoreTables } from '@stack/store';
import { documentComponent } from './document-component.ts';
import type { CurrentComponent, CurrentStack } from './plan-stack.ts';
import { flavorKey, type ResolvedDocument } from './resolve-document.ts';
import { type DocumentComponent, memberKey } from './stack-document.ts';

/** The components and stacks of a project. */
export interface ProjectState {
  readonly components: readonly CurrentComponent[];
  readonly findComponent: (type: string, name: string) => CurrentComponent | undefined;
  readonly findStack: (name: string) => CurrentStack | undefined;
}

/** What a project has, and in the version of the document's flavors. */
export async function readProjectState(
  tables: StoreTables,
  { flavors, catalog }: ResolvedDocument,
): Promise<ProjectState> {
  const stacks = await tables.stacks.list();
  const records = await tables.components.list();
  const users = new Map<string, string[]>();
  for (const stack of stacks) {
    for (const { id } of stack.components) users.set(id, [...(users.get(id) ?? []), stack.name]);
  }
  const all = records.map((record): CurrentComponent => {
    const component = documentComponent(record, catalog);
    const flavor = flavors.get(flavorKey(record.type, component));
    return {
      id: record.id,
      type: record.type,
      component: flavor === undefined ? component : broughtUp(component, flavor),
      isProtected: record.isProtected,
      stacks: users.get(record.id) ?? [],
    };
  });
  const byName = new Map(all.map((item) => [memberKey({ type: item.type, name: item.component.name }), item]));
  const stacksByName = new Map(stacks.map((stack) => [stack.name, stack]));
  return {
    components: all,
    findComponent: (type: string, name: string) => byName.get(memberKey({ type, name })),
    findStack: (name: string) => currentStack(stacksByName.get(name)),
  };
}

/** The component as its flavor would have it; as it is where that cannot be said. */
function broughtUp(component: DocumentComponent, flavor: AnyFlavor): DocumentComponent {
  const { configVersion = flavor.configVersion } = component;
  try {
    const { config, settings } = migrateConfig(flavor, { ...component, configVersion });
    return { ...component, configVersion: flavor.configVersion, config, settings };
  } catch (error) {
    if (StackError.is(error)) return component;
    throw error;
  }
}

function currentStack(stack: StackRecord | undefined): CurrentStack | undefined {
  if (stack === undefined) return undefined;
  const { id, labels, components, isProtected } = stack;
  return { id, labels, isProtected, members: components.map(({ type, name }) => ({ type, name })) };
}
