import { type FlavorCatalog, readFlavorCatalog } from '@stack/project/flavors';
import { findProjectRoot } from '@stack/project/root';
import type { Invocation } from './command-line/invocation.ts';
import { packageFolder } from './package-folder.ts';

/** The flavors that a command can use where it is called, in a project or outside of one. Runs no code of a flavor. */
export function flavorCatalogHere({ workingDirectory }: Invocation): Promise<FlavorCatalog> {
  return readFlavorCatalog({ root: findProjectRoot(workingDirectory), integrationsFrom: [packageFolder] });
}
