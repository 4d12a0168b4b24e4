import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPackageManifest } from '../build/package-manifest.ts';
import { repositoryRoot } from '../build/run-command.ts';
import { machine, measure } from './measure.ts';

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
    const [bare, ...commands] = await measure(
      [
        subject('node -e 0', '-e', '0'),
        subject('stack --help', stack, '--help'),
        subject('stack artifact-store flavor list', stack, 'artifact-store', 'flavor', 'list'),
      ],
      rounds,
    );
    if (bare === undefined) return;
    console.log(`@stack/cli ${readPackageManifest(cliFolder).version}, ${machine()}`);
    console.log(`Wall time in ms, ${rounds} runs each, by turns, in an empty folder and home`);
    console.table(
      Object.fromEntries(
        [bare, ...commands].map(({ name, times, median }) => [
          name,
          {
            median: round(median),
            fastest: round(times[0]),
            slowest: round(times.at(-1)),
            'x bare': round(median / bare.median),
            [`goal <= ${goal}`]: name === bare.name ? '' : median / bare.median <= goal ? 'met' : 'missed',
          },
        ]),
      ),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function runNode(folder: string, nodeArguments: readonly string[]): void {
  // Nothing of the caller's environment, such as NODE_OPTIONS, is measured with it.
  const env = { HOME: folder, PATH: process.env.PATH };
  const { status, stdout, stderr } = spawnSync(process.execPath, nodeArguments, { cwd: folder, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`node ${nodeArguments.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
}

function round(value = Number.NaN): number {
  return Math.round(value * 100) / 100;
}
