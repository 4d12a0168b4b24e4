import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

// Prints the flavors of a package as its manifest has them, on a machine of another size, user, place and time.
const program = `
import os from 'node:os';
import { syncBuiltinESMExports } from 'node:module';
const cores = Array.from({ length: 61 }, () => os.cpus()[0]);
Object.assign(os, {
  cpus: () => cores,
  availableParallelism: () => 61,
  totalmem: () => 12345,
  freemem: () => 1234,
  hostname: () => 'another-machine',
  homedir: () => process.env.HOME,
  tmpdir: () => process.env.TMPDIR,
  userInfo: () => ({ username: 'another', uid: 4242, gid: 4242, shell: null, homedir: process.env.HOME }),
});
syncBuiltinESMExports();
Date.now = () => 12345;
Math.random = () => 0.12345;
const { flavorManifest, isFlavor } = await import('@stack/core');
const flavors = [];
for (const [name, value] of Object.entries(await import(process.argv[1]))) {
  if (isFlavor(value)) flavors.push(flavorManifest(value, name));
}
process.stdout.write('\\n' + JSON.stringify(flavors));
`;

/**
 * The flavors of a built package as its manifest describes them, made in a process that finds itself on another
 * machine: with another number of cores, home, working directory, time.
 */
export async function flavorsElsewhere(packageFolder: string, entry: string): Promise<readonly unknown[]> {
  const home = await mkdtemp(join(tmpdir(), 'stack-elsewhere-'));
  const { NODE_OPTIONS: _, ...env } = process.env;
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program, entry], {
      cwd: packageFolder,
      env: { ...env, HOME: home, TMPDIR: home, USER: 'another', LANG: 'tr_TR.UTF-8', TZ: 'Asia/Tokyo' },
    });
    return JSON.parse(stdout.slice(stdout.lastIndexOf('\n'))) as readonly unknown[];
  } finally {
    await rm(home, { recursive: true });
  }
}
