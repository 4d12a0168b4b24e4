import type { NewComponent, StoreTables } from '@stack/store';
import type { ImportPlan } from './plan-import.ts';
import type { CurrentComponent, CurrentState, StackPlan } from './plan-stack.ts';
import { flavorKey, type ResolvedDocument } from './resolve-document.ts';
import {
  type DocumentComponent,
  documentComponents,
  documentMembers,
  memberKey,
  type StackDocument,
  stackDocumentJson,
} from './stack-document.ts';

/** Registers what a planned import creates, within a transaction. */
export async function importPlanned(tables: StoreTables, plan: ImportPlan, resolved: ResolvedDocument): Promise<void> {
  const { document, action, components } = plan;
  for (const flavor of resolved.newFlavors) await tables.flavors.add(flavor);
  const created = new Set(components.filter((component) => component.action === 'create').map(memberKey));
  for (const { type, component } of documentComponents(document)) {
    if (!created.has(memberKey({ type, name: component.name }))) continue;
    await tables.components.add(newComponent(type, component, resolved));
  }
  if (action === 'reuse') return;
  const { name, labels } = document;
  await tables.stacks.add({ name, components: await memberIds(tables, document), labels });
}

/** Does what a plan says, within a transaction. */
export async function applyPlan(
  tables: StoreTables,
  { changes }: StackPlan,
  current: CurrentState,
  resolved: ResolvedDocument,
): Promise<void> {
  const { document, newFlavors } = resolved;
  for (const flavor of newFlavors) await tables.flavors.add(flavor);
  const made = new Set(current.applied?.made.map(({ id }) => id));
  const wanted = new Map(
    documentComponents(document).map(({ type, component }) => [memberKey({ type, name: component.name }), component]),
  );
  for (const { action, kind, type, name } of changes) {
    if (kind !== 'component' || type === undefined || action === 'delete') continue;
    const component = wanted.get(memberKey({ type, name }));
    if (component === undefined) continue;
    const existing = current.find(type, name);
    const record = newComponent(type, component, resolved);
    if (existing === undefined) made.add((await tables.components.add(record)).id);
    else if (action === 'replace') {
      const id = await replaceComponent(tables, existing, record);
      if (made.delete(existing.id)) made.add(id);
    } else await tables.components.update(type, existing.id, () => record);
  }
  const components = await memberIds(tables, document);
  const { name, labels } = document;
  let stackId = current.stack?.id;
  if (stackId === undefined) stackId = (await tables.stacks.add({ name, components, labels })).id;
  else if (changes.some(({ kind, action }) => kind === 'stack' || action === 'replace')) {
    await tables.stacks.update(stackId, () => ({ components, labels }));
  }
  for (const { action, type, name: componentName } of changes) {
    const existing = action === 'delete' && type !== undefined ? current.find(type, componentName) : undefined;
    if (existing === undefined) continue;
    await tables.components.remove(existing.type, existing.id);
    made.delete(existing.id);
  }
  await tables.appliedDocuments.put(stackId, { document: stackDocumentJson(document), made: [...made] });
}

/** Puts another component in the place of one, under its name and in all stacks that have it. */
async function replaceComponent(
  tables: StoreTables,
  { id, type, stacks }: CurrentComponent,
  record: NewComponent,
): Promise<string> {
  await tables.components.update(type, id, () => ({ name: `${id}-replaced` }));
  const added = await tables.components.add(record);
  for (const stack of stacks) {
    await tables.stacks.update(stack, ({ components }) => ({
      components: components.map((component) => (component.id === id ? added.id : component.id)),
    }));
  }
  await tables.components.remove(type, id);
  return added.id;
}

async function memberIds(tables: StoreTables, document: StackDocument): Promise<string[]> {
  const ids: string[] = [];
  for (const { type, name } of documentMembers(document)) ids.push((await tables.components.get(type, name)).id);
  return ids;
}

function newComponent(type: string, component: DocumentComponent, { flavors }: ResolvedDocument): NewComponent {
  const { name, flavor, package: flavorPackage, config, settings, labels } = component;
  const configVersion = flavors.get(flavorKey(type, component))?.configVersion ?? 1;
  return { type, name, flavor, flavorPackage, configVersion, config, settings, labels };
}
