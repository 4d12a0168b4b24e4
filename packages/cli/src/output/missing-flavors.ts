import { StackError } from '@stack/core/errors';
import { type FlavorCatalog, findFlavorOf } from '@stack/project/flavors';
import type { ComponentRecord } from '@stack/store';

/** What is missing here for components that somebody else may have registered, each with what to install. */
export function missingFlavors(catalog: FlavorCatalog, components: readonly ComponentRecord[]): StackError[] {
  return components.flatMap((component) => {
    try {
      findFlavorOf(catalog, component);
      return [];
    } catch (error) {
      if (StackError.is(error)) return [error];
      throw error;
    }
  });
}
