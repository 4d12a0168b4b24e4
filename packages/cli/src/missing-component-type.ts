import { StackError } from '@stack/core/errors';
import { findProjectRoot, storeLocation } from '@stack/project/root';
import { openStore } from '@stack/store';

/** Why a component type is not known here though the project has components of it; `undefined` when it has none. */
export async function missingComponentType(type: string, workingDirectory: string): Promise<StackError | undefined> {
  const root = findProjectRoot(workingDirectory);
  if (root === undefined) return undefined;
  await using store = await openStore(storeLocation(root));
  const components = await store.components.list({ type });
  if (components.length === 0) return undefined;
  const packages = [...new Set(components.flatMap(({ flavorPackage }) => flavorPackage ?? []))];
  const subject = `The component type "${type}" is not known here:`;
  if (packages.length === 0) {
    return new StackError({
      code: 'COMPONENT_TYPE_NOT_FOUND',
      message: `${subject} no installed package has it.`,
      hint: 'Install the integration that has it.',
    });
  }
  return new StackError({
    code: 'COMPONENT_TYPE_NOT_FOUND',
    message: `${subject} the components of it come from ${packages.join(' and ')}, and no installed package has it.`,
    hint: `Install what is missing: npm install ${packages.join(' ')}`,
  });
}
