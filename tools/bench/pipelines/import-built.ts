import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { repositoryRoot } from '../../build/run-command.ts';

/** A package as it is built: what users get, not the sources. */
export async function importBuilt<Module>(folder: string): Promise<Module> {
  return (await import(pathToFileURL(join(repositoryRoot, folder, 'dist/index.js')).href)) as Module;
}
