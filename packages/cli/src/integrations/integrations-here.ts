import { type Discovery, discoverIntegrations, type Integration } from '@stack/core/discovery';
import { didYouMean, StackError } from '@stack/core/errors';
import { findProjectRoot } from '@stack/project/root';
import type { Invocation } from '../command-line/invocation.ts';
import { packageFolder } from '../package-folder.ts';
import { integrationPackage } from './integration-package.ts';

/** The integrations that a command can use where it is called, by their manifests alone. */
export function integrationsHere({ workingDirectory }: Pick<Invocation, 'workingDirectory'>): Discovery {
  const root = findProjectRoot(workingDirectory);
  return discoverIntegrations([...(root === undefined ? [] : [root]), packageFolder]);
}

/**
 * The integration that the name of a package, or the last part of one of Stack's own, stands for.
 *
 * @throws INTEGRATION_NOT_FOUND, and what is wrong with the package where it is installed and broken
 */
export function findIntegration({ integrations, problems }: Discovery, name: string): Integration {
  const packageName = integrationPackage(name);
  const found = integrations.find(({ manifest }) => manifest.package === packageName || manifest.package === name);
  if (found !== undefined) return found;
  const names = integrations.map(({ manifest }) => manifest.package);
  const broken = problems.map(({ message }) => ` ${message}`).join('');
  throw new StackError({
    code: 'INTEGRATION_NOT_FOUND',
    message: `The integration ${packageName} is not installed.${broken}`,
    hint: didYouMean(packageName, names) ?? `Install it: stack integration install ${name}`,
  });
}
