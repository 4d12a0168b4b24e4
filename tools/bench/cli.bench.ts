import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPackageManifest } from '../build/package-manifest.ts';
import { repositoryRoot } from '../build/run-command.ts';
import { machine, measure } from './measure.ts';
import { reportAgainst, runNode } from './start-up.ts';

const rounds = 15;
/** At most this many times as long as Node needs for nothing. */
const goal = 1.5;

/** Start-up of the command line: what lists and helps, against Node itself. */
export default async function benchmarkCli(): Promise<void> {
  const cliFolder = join(repositoryRoot, 'packages', 'cli');
  const stack = join(cliFolder, 'bin', 'stack.js');
  const folder = mkdtempSync(join(tmpdir(), 'stack-bench-'));
  const subject = (name: string, ...nodeArguments: string[]) => ({ name, run: () => runNode(folder, nodeArguments) });
  try {
    const measured = await measure(
      [
        subject('node -e 0', '-e', '0'),
        subject('stack --help', stack, '--help'),
        subject('stack artifact-store flavor list', stack, 'artifact-store', 'flavor', 'list'),
        subject('completion of a flavor', stack, '__complete', 'artifact-store', 'register', 'x', '--flavor='),
      ],
      rounds,
    );
    console.log(`@stack/cli ${readPackageManifest(cliFolder).version}, ${machine()}, in an empty folder and home`);
    reportAgainst(measured, { rounds, goal, baseline: 'bare' });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
