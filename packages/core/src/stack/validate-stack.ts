import type { Problem } from '../errors/index.ts';
import type { AnyFlavor } from '../flavor/flavor.ts';
import { checkStack } from './check-stack.ts';
import type { ComponentDescription } from './component-description.ts';

/** A component as it is stored, with its flavor. */
export interface StackMember {
  readonly component: ComponentDescription;
  readonly flavor: AnyFlavor;
}

/**
 * Everything that keeps these components from working together: what `checkStack` says, a local component or metadata
 * store under a remote orchestrator, and what the flavors themselves check. Pure, without network.
 */
export function validateStack(
  members: readonly StackMember[],
  { isStoreLocal }: { readonly isStoreLocal: boolean },
): readonly Problem[] {
  const components = members.map(({ component }) => component);
  return [
    ...checkStack(components),
    ...checkReach(members, isStoreLocal),
    ...members.flatMap(({ component, flavor }) => flavor.validateStack?.(component, components) ?? []),
  ];
}

function checkReach(members: readonly StackMember[], isStoreLocal: boolean): Problem[] {
  const remote = members.find(({ component, flavor }) => component.type === 'orchestrator' && !flavor.isLocal);
  if (remote === undefined) return [];
  const where = `the orchestrator "${remote.component.name}" runs steps elsewhere`;
  const problems = members
    .filter(({ flavor }) => flavor.isLocal)
    .map(
      ({ component: { type, name } }): Problem => ({
        path: `${type}:${name}`,
        message: `${where}, and the ${type} "${name}" can be reached from this machine only`,
        hint: `Use a ${type} of another flavor.`,
      }),
    );
  if (!isStoreLocal) return problems;
  return [
    ...problems,
    {
      path: 'store',
      message: `${where}, and the metadata store is a file on this machine`,
      hint: 'Put the metadata store into PostgreSQL: STACK_STORE_URL=postgres://...',
    },
  ];
}
