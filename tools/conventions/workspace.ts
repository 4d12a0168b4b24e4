import { existsSync, globSync } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import { type PackageManifest, readPackageManifest } from '../build/package-manifest.ts';
import { type ModuleImports, readModuleImports } from './module-imports.ts';

/** A module of a package. */
export interface SourceModule extends ModuleImports {
  /** Absolute. */
  readonly path: string;
  /** Relative to the root of the repository, with `/`. */
  readonly file: string;
  readonly isTest: boolean;
}

export interface WorkspacePackage {
  readonly kind: 'package' | 'integration' | 'example';
  /** Name of the folder, e.g. `core`. */
  readonly folderName: string;
  /** Absolute. */
  readonly folder: string;
  /** Relative to the root of the repository, with `/`. */
  readonly folderInRepository: string;
  readonly manifest: PackageManifest;
  readonly modules: readonly SourceModule[];
}

/** Reads the packages of a repository and what their modules import. */
export function readWorkspace(root: string): WorkspacePackage[] {
  const groups = [
    { group: 'packages', kind: 'package', sources: '{src,test}/**/*.ts' },
    { group: 'integrations', kind: 'integration', sources: '{src,test}/**/*.ts' },
    { group: 'examples', kind: 'example', sources: '**/*.ts' },
  ] as const;
  return groups.flatMap(({ group, kind, sources }) =>
    globSync(`${group}/*`, { cwd: root })
      .filter((folder) => existsSync(join(root, folder, 'package.json')))
      .sort()
      .map((folder) => ({
        kind,
        folderName: basename(folder),
        folder: join(root, folder),
        folderInRepository: withSlashes(folder),
        manifest: readPackageManifest(join(root, folder)),
        modules: readModules(root, join(root, folder), sources),
      })),
  );
}

function readModules(root: string, folder: string, pattern: string): SourceModule[] {
  return globSync(pattern, { cwd: folder, exclude: ['**/node_modules', '**/dist', '**/.stack'] })
    .sort()
    .map((file) => {
      const path = join(folder, file);
      return {
        ...readModuleImports(path),
        path,
        file: withSlashes(relative(root, path)),
        isTest: /\.test(-d)?\.ts$|^test\//.test(withSlashes(file)),
      };
    });
}

function withSlashes(file: string): string {
  return file.split(sep).join('/');
}
