import { type Problem, StackError } from '@stack/core';
import { loadedModules } from './loaded-modules.ts';
import { packageName, packageOfModule } from './package-of-module.ts';

export interface LazyLoadOptions {
  /** Folder of the built package. */
  readonly packageFolder: string;
  /** The export that has to be light: `.` or `./subpath`. Default: `.`. */
  readonly specifier?: string;
  /** The packages that it may load beside its own. Default: `@stack/core` and `zod`. */
  readonly allowedPackages?: readonly string[];
  /** The export that is heavy, such as `./artifact-store`. Importing it must show what is looked for. */
  readonly implementation: string;
  /** The packages that the heavy export loads, and that the light one must not. Default: none. */
  readonly sdkPackages?: readonly string[];
}

/**
 * Checks that importing an export of a built package loads neither its implementation nor any package that is not
 * allowed. Each import runs in a new Node process on what is published, not on sources.
 *
 * The check looks at the implementation too: when importing that does not show its SDKs, the check could not have
 * seen them elsewhere, and says so.
 *
 * @returns what is wrong; empty when the export is light
 * @throws ARGUMENT_INVALID when the folder is no package
 */
export async function checkLazyLoad(options: LazyLoadOptions): Promise<readonly Problem[]> {
  const { packageFolder, specifier = '.', implementation, sdkPackages = [] } = options;
  const name = packageName(packageFolder);
  if (name === undefined) {
    throw new StackError({ code: 'ARGUMENT_INVALID', message: `There is no package in ${packageFolder}.` });
  }
  const fullName = (subpath: string) => `${name}${subpath.slice(1)}`;
  const allowed = new Set([name, ...(options.allowedPackages ?? ['@stack/core', 'zod'])]);
  try {
    const [light, heavy] = await Promise.all([
      loadedModules(fullName(specifier), packageFolder),
      loadedModules(fullName(implementation), packageFolder),
    ]);
    const lightPackages = new Set(light.modules.map(packageOfModule));
    const heavyPackages = new Set(heavy.modules.map(packageOfModule));
    const problems: Problem[] = [...lightPackages]
      .filter((candidate) => !allowed.has(candidate))
      .map((candidate) => ({
        path: specifier,
        message: `importing ${fullName(specifier)} loads ${candidate}`,
        hint: 'Import it in the implementation alone, and build file for file, or with code splitting: without it a bundler moves lazy imports up.',
      }));
    if (light.modules.includes(heavy.entry)) {
      problems.push({
        path: specifier,
        message: `importing ${fullName(specifier)} loads the implementation ${fullName(implementation)}`,
        hint: "Write `implementation: () => import('./implementation.ts')` in the flavor, and import it nowhere else.",
      });
    }
    for (const sdk of sdkPackages.filter((candidate) => !heavyPackages.has(candidate))) {
      problems.push({
        path: implementation,
        message: `importing ${fullName(implementation)} does not load ${sdk}, so the check proves nothing about it`,
      });
    }
    return problems;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return [{ path: '', message: error.message, hint: 'Build the package, and install what it depends on.' }];
  }
}
