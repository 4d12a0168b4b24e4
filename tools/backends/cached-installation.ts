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
  findObstacle(): string | undefined;
  install(): Promise<void>;
}

export interface InstallationSteps {
  /** With everything that decides what is in it, such as versions: what is in a folder of that name never changes. */
  readonly name: string;
  /** Fills an empty folder, which is moved to its place when it is done. */
  fill(folder: string): Promise<void>;
  /** What is wrong with one that is there, e.g. that its program does not start. */
  findDefect?(folder: string): string | undefined;
}

/** Something that is installed once on a machine, as a whole or not at all. */
export function cachedInstallation({ name, fill, findDefect }: InstallationSteps): CachedInstallation {
  const folder = join(cacheFolder, name);
  const findObstacle = () =>
    existsSync(folder) ? findDefect?.(folder) : `${name} is not installed: STACK_REQUIRE_BACKENDS=1 installs it`;
  return {
    folder,
    findObstacle,
    async install() {
      await mkdir(cacheFolder, { recursive: true });
      await withLock(join(cacheFolder, `${name}.lock`), async () => {
        // Another process may have done it meanwhile.
        if (findObstacle() === undefined) return;
        const unfinished = `${folder}.unfinished`;
        for (const rest of [folder, unfinished]) await rm(rest, { recursive: true, force: true });
        await mkdir(unfinished);
        await fill(unfinished);
        await rename(unfinished, folder);
      });
    },
  };
}
