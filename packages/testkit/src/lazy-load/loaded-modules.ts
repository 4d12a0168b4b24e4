import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

/** The modules that an import loaded. */
export interface LoadedModules {
  /** URL of the module that the specifier stands for. */
  readonly entry: string;
  /** URLs of all modules, in the order of their loading; those of Node itself left out. */
  readonly modules: readonly string[];
}

// Runs in a process of its own, so that nothing is loaded yet. It says what it saw on a channel that the modules do
// not write to.
const program = `
import { writeSync } from 'node:fs';
import { registerHooks } from 'node:module';
const modules = [];
registerHooks({
  load(url, context, nextLoad) {
    modules.push(url);
    return nextLoad(url, context);
  },
});
const specifier = process.argv[1];
await import(specifier);
writeSync(3, JSON.stringify({ entry: import.meta.resolve(specifier), modules: modules.filter((url) => !url.startsWith('node:')) }));
process.exit();
`;

/**
 * Imports a package's export in a new Node process, as its users do, and gives the modules that this loaded.
 *
 * @param folder where the specifier is resolved; a package finds itself by its own name
 */
export async function loadedModules(specifier: string, folder: string): Promise<LoadedModules> {
  // Options for Node, such as conditions that lead to sources, are not those of a user.
  const { NODE_OPTIONS: _, ...env } = process.env;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program, specifier], {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  const closed = new Promise<number | null>((resolve, reject) => child.on('close', resolve).on('error', reject));
  const [, , stderr, channel] = child.stdio as unknown as readonly [null, null, Readable, Readable];
  const [errors, report] = await Promise.all([text(stderr), text(channel)]);
  if ((await closed) !== 0) throw new Error(`import('${specifier}') fails in ${folder}:\n${errors}`);
  return JSON.parse(report) as LoadedModules;
}
