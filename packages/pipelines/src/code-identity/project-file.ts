import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

/** Where a file belongs. */
export type FileOwner =
  /** Of a package that is installed: what has its name and version is always the same. */
  | { readonly kind: 'package'; readonly name: string; readonly version: string }
  /** Of the project, or of a package that is linked to it, whose files change without a new version. */
  | { readonly kind: 'project'; readonly label: string };

interface Folder {
  readonly path: string;
  readonly name: string | undefined;
  readonly version: string | undefined;
  /** Whether it is the root of a Stack project. */
  readonly isRoot: boolean;
}

/** Finds what package files belong to. Reads each package.json once. */
export class FileOwners {
  readonly #folders = new Map<string, Folder | undefined>();
  /** The folder whose files have labels that begin like this. */
  readonly #prefixes = new Map<string, string>();

  /**
   * The label of a file of the project is its own, and the same wherever the project is: `src/train.ts` from the root of
   * the project, `@acme/steps:src/load.ts` from that of another package. It is the path on this machine where there is
   * no such label, or another folder has it.
   */
  ownerOf(file: string): FileOwner {
    const folder = this.#folderOf(dirname(file));
    if (folder?.name !== undefined && isPackage(file, folder.name)) {
      return { kind: 'package', name: folder.name, version: folder.version ?? 'without a version' };
    }
    const prefix = folder === undefined ? undefined : this.#prefixOf(folder);
    if (folder === undefined || prefix === undefined) return { kind: 'project', label: file };
    return { kind: 'project', label: `${prefix}${relative(folder.path, file).replaceAll(sep, '/')}` };
  }

  #prefixOf({ path, name, isRoot }: Folder): string | undefined {
    const prefixes = [...(isRoot ? [''] : []), ...(name === undefined ? [] : [`${name}:`])];
    const free = prefixes.find((prefix) => (this.#prefixes.get(prefix) ?? path) === path);
    if (free !== undefined) this.#prefixes.set(free, path);
    return free;
  }

  #folderOf(path: string): Folder | undefined {
    if (this.#folders.has(path)) return this.#folders.get(path);
    const folder = readFolder(path) ?? (dirname(path) === path ? undefined : this.#folderOf(dirname(path)));
    this.#folders.set(path, folder);
    return folder;
  }
}

/** `.stack` as `stack init` makes it. */
export function isProjectRoot(folder: string): boolean {
  return existsSync(join(folder, '.stack', '.gitignore'));
}

/** Stack itself counts by its version even where it is linked. */
const stackPackage = /^@stack\/(?:core|store|project|pipelines|testkit|cli|integration-.+)$/;

function isPackage(file: string, name: string): boolean {
  return file.split(sep).includes('node_modules') || stackPackage.test(name);
}

function readFolder(path: string): Folder | undefined {
  const isRoot = isProjectRoot(path);
  let manifest: { readonly name?: unknown; readonly version?: unknown } | undefined;
  try {
    manifest = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
  } catch {
    // None, or none that Node could read.
  }
  // Packages have folders of their own that say no more than whether their files are ES modules.
  if (!isRoot && manifest?.name === undefined) return undefined;
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  return { path, name: text(manifest?.name), version: text(manifest?.version), isRoot };
}
