/**
 * Lints the built package in the working directory as it would be published. Not a part of every build, since packing
 * it and attw take a second and more a package, twice what the build takes; `npm run check` and CI run it for all.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand, runTool } from './run-command.ts';

const folder = process.cwd();
const packed = mkdtempSync(join(tmpdir(), 'stack-package-'));
try {
  // The tarball is what users get: with "publishConfig" applied, and without what "files" leaves out.
  process.exitCode = runCommand('pnpm', ['pack', '--pack-destination', packed], folder);
  const tarballs = readdirSync(packed).map((name) => join(packed, name));
  const statuses = tarballs.flatMap((tarball) => [
    runTool('publint', ['run', tarball, '--strict'], folder),
    runTool('@arethetypeswrong/cli', [tarball, '--profile', 'esm-only'], folder),
  ]);
  if (tarballs.length !== 1 || statuses.some((status) => status !== 0)) process.exitCode = 1;
} finally {
  rmSync(packed, { recursive: true });
}
