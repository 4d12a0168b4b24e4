import { defineDiscoveredTypes, discoverIntegrations } from '@stack/core/discovery';
import { findProjectRoot } from '@stack/project/root';
import { packageFolder } from './package-folder.ts';

/** Makes the component types of installed integrations known to this process. Runs none of their code. */
export function discoverComponentTypes(workingDirectory: string): void {
  const root = findProjectRoot(workingDirectory);
  defineDiscoveredTypes(discoverIntegrations([...(root === undefined ? [] : [root]), packageFolder]).integrations);
}
