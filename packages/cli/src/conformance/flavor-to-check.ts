import type { FlavorSource } from '@stack/project';
import { findProjectRoot } from '@stack/project/root';
import type { Invocation } from '../command-line/invocation.ts';
import { packageFolder } from '../package-folder.ts';
import { namedFlavor } from './named-flavor.ts';

/** Where a flavor comes from whose conformance is checked. */
export interface FlavorToCheck extends FlavorSource {
  /** The version of its package, where it has one. */
  readonly versions: Readonly<Record<string, string>>;
}

/**
 * Where the flavor comes from that `FLAVOR` stands for: a name, or FILE#EXPORT from the working directory.
 *
 * @throws FLAVOR_NOT_FOUND, FLAVOR_CONFLICT, AMBIGUOUS
 */
export async function flavorToCheck(invocation: Invocation): Promise<FlavorToCheck> {
  const { workingDirectory } = invocation;
  const providers = [packageFolder];
  const entry = await namedFlavor(invocation);
  if (entry === undefined) {
    return { folder: workingDirectory, source: invocation.positional('FLAVOR'), providers, versions: {} };
  }
  const { origin, manifest } = entry;
  if (origin.kind === 'registered') {
    return {
      folder: findProjectRoot(workingDirectory) ?? workingDirectory,
      source: origin.source,
      providers,
      versions: {},
    };
  }
  const versions = { [origin.package]: origin.version };
  return { folder: origin.folder, source: `${origin.package}#${manifest.export}`, providers, versions };
}
