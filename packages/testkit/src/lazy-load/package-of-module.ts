import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Name of the package that a module belongs to; the URL itself for one of no package. */
export function packageOfModule(url: string): string {
  if (!url.startsWith('file://')) return url;
  // Builds put a package.json without a name into folders of theirs.
  for (let folder = dirname(fileURLToPath(url)); folder !== dirname(folder); folder = dirname(folder)) {
    const name = packageName(folder);
    if (name !== undefined) return name;
  }
  return url;
}

/** The name in the package.json of a folder. */
export function packageName(folder: string): string | undefined {
  const file = join(folder, 'package.json');
  if (!existsSync(file)) return undefined;
  const { name } = JSON.parse(readFileSync(file, 'utf8')) as { readonly name?: string };
  return name;
}
