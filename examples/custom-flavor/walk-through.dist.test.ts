import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

it('walks the way that the README describes', { timeout: 120_000 }, async () => {
  const folder = import.meta.dirname;
  // The script checks all that it does, and fails otherwise.
  const { stdout } = await promisify(execFile)(process.execPath, ['walk-through.ts'], { cwd: folder });
  const [, firstWay = ''] = stdout.split(/^# /m);
  const readme = await readFile(join(folder, 'README.md'), 'utf8');
  expect(commandsOf(firstWay, '$ ')).toEqual(commandsOf(readme, ''));
});

/** The `stack` commands of a text, each on a line of its own after the prompt. */
function commandsOf(text: string, prompt: string): string[] {
  const lines = text.split('\n').filter((line) => line.startsWith(`${prompt}stack `));
  return lines.map((line) => line.slice(prompt.length));
}
