import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { type CachedInstallation, cachedInstallation } from './cached-installation.ts';
import { installDebianPackages } from './debian-packages.ts';
import { runInstaller } from './run-installer.ts';

export interface DebianRoot {
  /** What it is for. */
  readonly name: string;
  /** The release of Debian. */
  readonly suite: 'bookworm' | 'trixie';
  readonly packages: readonly string[];
  /** One of its programs, which tells its version. */
  readonly program: string;
}

interface InstalledDebianRoot extends Pick<CachedInstallation, 'findObstacle' | 'install'> {
  /** How to call a command in it, where `/srv` is a folder of the server's. Whatever it starts ends with it. */
  command(folder: string, ...command: readonly string[]): { command: string; arguments: string[] };
}

// Its mounts and processes are seen by nobody else, and gone when the first of the processes ends.
const namespaces = ['--mount', '--pid', '--fork', '--kill-child'];

const enterScript = join(import.meta.dirname, 'enter-debian-root.sh');

/** Asks for the mirror that this machine has of Debian's archive. */
const mainArchive = ['--format', '$(REPO_URI)', 'Created-By: Packages', 'Label: Debian', 'Component: main'];

const mmdebstrapOptions = [
  '--mode=root',
  '--variant=apt',
  '--aptopt=APT::Install-Recommends "false"',
  '--dpkgopt=force-unsafe-io',
  ...['doc', 'man', 'locale'].map((folder) => `--dpkgopt=path-exclude=/usr/share/${folder}/*`),
];

/** A Debian of another release in a folder, for programs that the Debian of this machine has in another version. */
export function debianRoot({ name, suite, packages, program }: DebianRoot): InstalledDebianRoot {
  const { folder, findObstacle, install } = cachedInstallation({
    name: `${name}-${suite}`,
    program: join('usr', 'bin', program),
    installer: ['apt-get', '--version'],
    async fill(unfinished) {
      await installDebianPackages('mmdebstrap');
      const [mirror = ''] = (await runInstaller('apt-get', ['indextargets', ...mainArchive])).split('\n');
      const options = [...mmdebstrapOptions, `--include=${packages.join(',')}`];
      await runInstaller('unshare', ['--mount', 'mmdebstrap', ...options, suite, unfinished, mirror]);
    },
    findDefect(root) {
      const { status } = spawnSync('chroot', [root, program, '--version']);
      return status === 0 ? undefined : `${program} of ${root} does not start`;
    },
  });
  return {
    install,
    findObstacle() {
      if (spawnSync('unshare', [...namespaces, 'true']).status !== 0) return 'it needs Linux and root';
      return findObstacle();
    },
    command: (serverFolder, ...command) => ({
      command: 'unshare',
      arguments: [...namespaces, 'sh', enterScript, folder, serverFolder, ...command],
    }),
  };
}
