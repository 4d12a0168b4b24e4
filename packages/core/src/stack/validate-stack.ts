import type { Problem } from '../errors/index.ts';
import { isError } from '../errors/is-error.ts';
import type { AnyFlavor } from '../flavor/flavor.ts';
import { checkStack } from './check-stack.ts';
import type { ComponentDescription } from './component-description.ts';

/** A component as it is stored, with its flavor. */
export interface StackMember {
  readonly component: ComponentDescription;
  /** `undefined` for one that cannot be loaded: of its component only type and name are checked then. */
  readonly flavor: AnyFlavor | undefined;
}

/**
 * Everything that keeps these components from working together: what `checkStack` says, a local component or metadata
 * store under a remote orchestrator, and what the flavors themselves check. Each problem has a code. Pure, without
 * network, and it loads no implementation.
 */
export function validateStack(
  members: readonly StackMember[],
  { isStoreLocal }: { readonly isStoreLocal: boolean },
): readonly Problem[] {
  return [
    ...checkStack(members.map(({ component }) => component)),
    ...checkReach(members, isStoreLocal),
    ...members.flatMap((_, index) => checkByFlavor(members, index)),
  ];
}

function checkReach(members: readonly StackMember[], isStoreLocal: boolean): Problem[] {
  const remote = members.find(
    ({ component, flavor }) => component.type === 'orchestrator' && flavor?.isLocal === false,
  );
  if (remote === undefined) return [];
  const where = `the orchestrator "${remote.component.name}" runs steps elsewhere`;
  const problems = members
    .filter(({ flavor }) => flavor?.isLocal)
    .map(
      ({ component: { type, name } }): Problem => ({
        path: `${type}:${name}`,
        code: 'COMPONENT_LOCAL',
        message: `${where}, and the ${type} "${name}" can be reached from this machine only`,
        hint: `Use another flavor of ${type}. An orchestrator that runs steps on this machine says isLocal: true in its flavor.`,
      }),
    );
  if (!isStoreLocal) return problems;
  return [
    ...problems,
    {
      path: 'store',
      code: 'STORE_LOCAL',
      message: `${where}, and the metadata store is a file on this machine`,
      hint: `Put the metadata store into PostgreSQL, STACK_STORE_URL=postgres://..., or, when the steps run on this machine, say \`isLocal: true\` in the flavor ${remote.component.flavor}.`,
    },
  ];
}

/** The code of a flavor is somebody else's: it gets a copy to look at, and what it throws is a problem like another. */
function checkByFlavor(members: readonly StackMember[], index: number): Problem[] {
  const { component, flavor } = members[index] ?? {};
  if (component === undefined || flavor?.validateStack === undefined) return [];
  const path = `${component.type}:${component.name}`;
  const broken = (what: string): Problem => ({
    path,
    code: 'FLAVOR_INVALID',
    message: `the check of the flavor ${flavor.type}/${flavor.name} ${what}`,
    hint: 'Tell the author of the flavor.',
  });
  const copies = structuredClone(members.map((member) => member.component));
  const self = copies[index] as ComponentDescription;
  try {
    const problems: unknown = flavor.validateStack(self, copies);
    if (!Array.isArray(problems)) return [broken('gives no list of problems')];
    return problems.map((problem: Problem) => ({ code: 'STACK_INVALID', ...problem }));
  } catch (error) {
    return [broken(`fails: ${isError(error) ? error.message : String(error)}`)];
  }
}
