import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { StackError } from '@stack/core/errors';
import { findProjectRoot } from '@stack/project/root';

export interface InstallCommand {
  /** The folder whose package.json gets the dependencies. */
  readonly folder: string;
  readonly program: string;
  readonly arguments: readonly string[];
}

/**
 * The command by which a project's own package manager adds packages: that of its lockfile, or of one in a folder above
 * where a workspace has it, or of the field "packageManager", which decides where both are there; npm where nothing says.
 *
 * @throws PROJECT_NOT_FOUND where there is no package.json to add them to
 */
export async function installCommand(from: string, packages: readonly string[]): Promise<InstallCommand> {
  const folder = findProjectRoot(from) ?? packageFolderAbove(from);
  if (folder === undefined || !existsSync(join(folder, 'package.json'))) {
    throw new StackError({
      code: 'PROJECT_NOT_FOUND',
      message: `There is no package.json in ${folder ?? `${resolve(from)} or above it`}, so no package can be added.`,
      hint: 'Make one: npm init -y',
    });
  }
  // Which files and fields tell of which package manager and its version changes with them: a package follows that.
  const [{ detect }, { resolveCommand }] = await Promise.all([
    import('package-manager-detector/detect'),
    import('package-manager-detector/commands'),
  ]);
  const { agent } = (await detect({ cwd: folder, strategies: ['lockfile', 'packageManager-field'] })) ?? {
    agent: 'npm' as const,
  };
  const command = resolveCommand(agent, 'add', [...packages]);
  if (command !== null) return { folder, program: command.command, arguments: command.args };
  throw new StackError({
    code: 'ARGUMENT_INVALID',
    message: `The package manager ${agent} of ${folder} cannot add packages.`,
    hint: `Add them by hand: ${packages.join(' ')}`,
  });
}

function packageFolderAbove(from: string): string | undefined {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}
