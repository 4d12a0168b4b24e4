import { type AnyFlavor, isFlavor, StackError } from '@stack/core';
import { ModuleLoader, parseSourceReference } from '@stack/project';
import { findProjectRoot } from '@stack/project/root';
import type { Invocation } from '../command-line/invocation.ts';
import { packageFolder } from '../package-folder.ts';
import { namedFlavor } from './named-flavor.ts';

/** A flavor whose conformance is checked, and the version of what it comes from, where there is one. */
export interface FlavorToCheck {
  readonly flavor: AnyFlavor;
  readonly versions: Readonly<Record<string, string>>;
  /** What relative paths of a config are relative to. */
  readonly baseDirectory: string;
}

/**
 * Imports the flavor that `FLAVOR` stands for: a name, or FILE#EXPORT from the working directory.
 *
 * @throws what `namedFlavor` throws, what importing throws, and FLAVOR_INVALID when the export is no flavor
 */
export async function flavorToCheck(invocation: Invocation): Promise<FlavorToCheck> {
  const { workingDirectory } = invocation;
  const baseDirectory = findProjectRoot(workingDirectory) ?? workingDirectory;
  const loader = new ModuleLoader(baseDirectory, [packageFolder]);
  const entry = await namedFlavor(invocation);
  if (entry?.origin.kind === 'package') {
    const { package: name, version, folder } = entry.origin;
    const exports = await loader.importPackage(folder, name);
    const source = `${name}#${entry.manifest.export}`;
    return { flavor: asFlavor(exports[entry.manifest.export], source), versions: { [name]: version }, baseDirectory };
  }
  const source = entry?.origin.source ?? invocation.positional('FLAVOR');
  const from = entry === undefined ? workingDirectory : baseDirectory;
  const { value } = await loader.load(parseSourceReference(source), from);
  return { flavor: asFlavor(value, source), versions: {}, baseDirectory };
}

function asFlavor(value: unknown, source: string): AnyFlavor {
  if (isFlavor(value)) return value;
  throw new StackError({
    code: 'FLAVOR_INVALID',
    message: `${source} is not a flavor.`,
    hint: 'Export what defineFlavor({ ... }) of @stack/core returns.',
  });
}
