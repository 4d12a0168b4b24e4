import { join } from 'node:path';
import { runInstaller } from './run-installer.ts';

const installer = join(import.meta.dirname, 'install-debian-packages.sh');

/** Installs packages of Debian on this machine, without starting the services in them. */
export async function installDebianPackages(...packages: readonly string[]): Promise<void> {
  await runInstaller(installer, packages);
}
