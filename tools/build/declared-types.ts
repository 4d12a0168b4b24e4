import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { packageOfSpecifier, readModuleImports } from '../conventions/module-imports.ts';
import type { PackageManifest } from './package-manifest.ts';

/** Packages that the types of a package's entries are made of, and that its users need not have: a bundle has no types. */
export function undeclaredTypes(folder: string, manifest: PackageManifest): string[] {
  const declared = new Set([manifest.name, ...Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })]);
  const entries = Object.values(manifest.exports ?? {}).flatMap((target) =>
    typeof target === 'string' || target.types === undefined ? [] : [join(folder, target.types)],
  );
  const problems = new Set<string>();
  const reached = new Set(entries.filter((file) => existsSync(file)));
  // Grows while it is walked.
  for (const file of reached) {
    for (const { specifier = '' } of readModuleImports(file).imports) {
      const name = packageOfSpecifier(specifier);
      if (name === undefined) {
        reached.add(join(dirname(file), specifier.replace(/\.[jt]s$/, '.d.ts')));
      } else if (!declared.has(name) && !name.startsWith('node:')) {
        const where = relative(folder, file);
        problems.add(`the types in ${where} are of ${name}, which is in neither "dependencies" nor "peerDependencies"`);
      }
    }
  }
  return [...problems];
}
