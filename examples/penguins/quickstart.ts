// What this example is about, from the first command to the last: all of it is the `stack` command.
import { spawnSync } from 'node:child_process';

/** What a person types, here and at the root of the repository, whatever their own Node is. */
const typed = 'npm run --silent stack --';

console.log('Palmer penguins: which species is it, going by its measurements?');
stack(['init'], { isQuiet: true });
stack(['stack', 'describe']);
stack(['pipeline', 'run', 'pipelines/training.ts#training']);

function stack(words: readonly string[], { isQuiet = false } = {}): void {
  if (!isQuiet) console.log(`\n$ ${typed} ${words.join(' ')}\n`);
  // The scripts of a package have its commands on their PATH.
  const { status, error } = spawnSync('stack', words, {
    stdio: ['inherit', isQuiet ? 'ignore' : 'inherit', 'inherit'],
    shell: process.platform === 'win32',
    env: { ...process.env, STACK_COMMAND: typed },
  });
  if (error !== undefined) throw error;
  if (status !== 0) process.exit(status ?? 1);
}
