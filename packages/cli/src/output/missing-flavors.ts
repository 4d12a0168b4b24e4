import { StackError } from '@stack/core/errors';
import { type FlavorCatalog, findFlavorOf } from '@stack/project/flavors';
import type { ComponentRecord } from '@stack/store';

/** What is missing here for components that somebody else may have registered, each with what to do about it. */
export function missingFlavors(catalog: FlavorCatalog, components: readonly ComponentRecord[]): StackError[] {
  return components.flatMap((component) => {
    try {
      const { missing } = findFlavorOf(catalog, component);
      return missing.length === 0 ? [] : [partsMissing(component, missing)];
    } catch (error) {
      if (StackError.is(error)) return [error];
      throw error;
    }
  });
}

function partsMissing(
  { type, name, flavor }: ComponentRecord,
  missing: ReturnType<typeof findFlavorOf>['missing'],
): StackError {
  const subject = `The flavor "${flavor}" of the ${type} "${name}"`;
  const names = missing.map((part) => part.name).join(' and ');
  if (missing.some(({ kind }) => kind === 'package')) {
    return new StackError({
      code: 'DEPENDENCY_MISSING',
      message: `${subject} comes from the package ${names}, which is not installed.`,
      hint: `Install it: npm install ${names}`,
    });
  }
  return new StackError({
    code: 'MODULE_NOT_FOUND',
    message: `${subject} needs ${names} in the project, and there is no such file.`,
    hint: `Put it back, or say where the flavor is now: stack ${type} flavor update FILE#EXPORT`,
  });
}
