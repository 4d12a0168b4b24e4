import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { delimiter, dirname, join } from 'node:path';

/** The root of this repository. */
export const repositoryRoot = dirname(dirname(import.meta.dirname));

/** This process' environment in which the pinned pnpm and Node, and the commands of the root, are found first. */
function toolEnvironment(): NodeJS.ProcessEnv {
  const folders = [join(repositoryRoot, '.tools'), repositoryRoot].map((folder) =>
    join(folder, 'node_modules', '.bin'),
  );
  return {
    TURBO_TELEMETRY_DISABLED: '1',
    ...process.env,
    PATH: [...folders, process.env.PATH ?? ''].join(delimiter),
  };
}

/**
 * Runs a command with its output shown.
 *
 * @param stdout where its standard output goes: 2 for the standard error of this process, whose own output is the result
 * @returns the exit code; 1 when a signal ended it
 */
export function runCommand(
  command: string,
  commandArguments: readonly string[],
  folder: string,
  stdout: 1 | 2 = 1,
): number {
  const { error, status } = spawnSync(command, commandArguments, {
    cwd: folder,
    env: toolEnvironment(),
    stdio: ['ignore', stdout, 2],
  });
  if (error !== undefined) throw error;
  return status ?? 1;
}

/** Runs the command of a package that the root depends on, on this Node. */
export function runTool(
  packageName: string,
  toolArguments: readonly string[],
  folder: string,
  stdout: 1 | 2 = 1,
): number {
  return runCommand(process.execPath, [toolFile(packageName), ...toolArguments], folder, stdout);
}

/** The file behind the (first) command of a package that the root depends on. */
export function toolFile(packageName: string): string {
  const manifestFile = findPackageJSON(packageName, import.meta.url);
  if (manifestFile === undefined) throw new Error(`${packageName} is not installed`);
  const { bin } = JSON.parse(readFileSync(manifestFile, 'utf8')) as { bin: string | Record<string, string> };
  const [file = ''] = typeof bin === 'string' ? [bin] : Object.values(bin);
  return join(dirname(manifestFile), file);
}
