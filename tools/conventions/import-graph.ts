import { join } from 'node:path';
import { sourceCondition } from '../build/package-manifest.ts';
import { type ModuleImport, packageOfSpecifier } from './module-imports.ts';
import type { SourceModule, WorkspacePackage } from './workspace.ts';

/** An import of a package from outside of the repository, and the modules that lead to it. */
export interface ReachedPackage {
  readonly name: string;
  /** From the entry to the module with the import. */
  readonly chain: readonly SourceModule[];
}

export interface Reached {
  /** Every module in the closure, with the chain that leads to it, itself included. */
  readonly chains: ReadonlyMap<SourceModule, readonly SourceModule[]>;
  readonly packages: readonly ReachedPackage[];
}

/** Follows the imports of some kinds from a module on, through all packages of the workspace. */
export function reach(
  workspace: readonly WorkspacePackage[],
  entry: SourceModule,
  kinds: readonly ModuleImport['kind'][],
): Reached {
  const chains = new Map<SourceModule, readonly SourceModule[]>([[entry, [entry]]]);
  const packages: ReachedPackage[] = [];
  // A map may grow while it is walked: what is found is walked too.
  for (const [module, chain] of chains) {
    for (const { specifier, kind } of module.imports) {
      if (specifier === undefined || !kinds.includes(kind)) continue;
      const target = resolveModule(workspace, module, specifier);
      const name = packageOfSpecifier(specifier);
      if (target !== undefined) {
        if (!chains.has(target)) chains.set(target, [...chain, target]);
      } else if (name !== undefined) {
        packages.push({ name, chain });
      }
    }
  }
  return { chains, packages };
}

/** The source of an entry of a package, e.g. of `./errors`. */
export function entryModule(
  { folder, manifest, modules }: WorkspacePackage,
  subpath: string,
): SourceModule | undefined {
  const target = manifest.exports?.[subpath];
  if (typeof target !== 'object') return undefined;
  const path = join(folder, target[sourceCondition] ?? '');
  return modules.find((module) => module.path === path);
}

function resolveModule(
  workspace: readonly WorkspacePackage[],
  from: SourceModule,
  specifier: string,
): SourceModule | undefined {
  const name = packageOfSpecifier(specifier);
  if (name !== undefined) {
    const owner = workspace.find(({ manifest }) => manifest.name === name);
    return owner === undefined ? undefined : entryModule(owner, `.${specifier.slice(name.length)}`);
  }
  const path = join(from.path, '..', specifier);
  return workspace.flatMap(({ modules }) => modules).find((module) => module.path === path);
}
