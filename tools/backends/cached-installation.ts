import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { withLock } from './lock.ts';

/**
 * Where servers for tests are installed that Debian does not have: `STACK_TEST_SERVERS`, else a folder of the user's
 * cache. All clones of this repository share it. Removing it is safe while no test runs.
 */
const cacheFolder = process.env.STACK_TEST_SERVERS || join(homedir(), '.cache', 'stack-test-servers');

export interface CachedInstallation {
  /** Where it is once it is installed. */
  readonly folder: string;
  /** The file that is run. */
  readonly program: string;
  findObstacle(): string | undefined;
  install(): Promise<void>;
}

export interface InstallationSteps {
  /** With everything that decides what is in it, such as versions: what is in a folder of that name never changes. */
  readonly name: string;
  /** The file that is run, in the folder. */
  readonly program: string;
  /** A command that succeeds where there is what `fill` needs. */
  readonly installer: readonly [string, ...string[]];
  /** Fills an empty folder, which is moved to its place when it is done. */
  fill(folder: string): Promise<void>;
  /** What is wrong with a program that is there, e.g. that it does not start. */
  findDefect?(folder: string): string | undefined;
}

/** Something that is installed once on a machine, as a whole or not at all, and anew when it is broken. */
export function cachedInstallation(steps: InstallationSteps): CachedInstallation {
  const { name, installer, fill } = steps;
  const folder = join(cacheFolder, name);
  const program = join(folder, steps.program);
  const findDefect = () => (existsSync(program) ? steps.findDefect?.(folder) : `${name} is not installed`);
  return {
    folder,
    program,
    findObstacle() {
      const defect = findDefect();
      if (defect === undefined) return undefined;
      const [command, ...commandArguments] = installer;
      if (spawnSync(command, commandArguments).status !== 0)
        return `${defect}, and there is no ${command} to install it`;
      return `${defect}: STACK_REQUIRE_BACKENDS=1 installs it`;
    },
    async install() {
      await mkdir(cacheFolder, { recursive: true });
      await withLock(join(cacheFolder, `${name}.lock`), async () => {
        // Another process may have done it meanwhile.
        if (findDefect() === undefined) return;
        const unfinished = `${folder}.unfinished`;
        for (const rest of [folder, unfinished]) await rm(rest, { recursive: true, force: true });
        await mkdir(unfinished);
        await fill(unfinished);
        await rename(unfinished, folder);
      });
    },
  };
}
