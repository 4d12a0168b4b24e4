import { flush } from '../output/flush.ts';
import { completeCommandLine } from './complete-command-line.ts';

/**
 * Prints what the last of the words can become, for the scripts of `stack completion`: the line `files`, or the line
 * `words` and then a line for each, with a tab before its note. Nobody reads an error here: then there is nothing to
 * offer.
 */
export async function printCompletions(words: readonly string[]): Promise<number> {
  const candidates = await completeCommandLine(words, process.cwd()).catch(() => []);
  const lines =
    candidates === 'files' ? ['files'] : ['words', ...candidates.map(({ word, note }) => `${word}\t${oneLine(note)}`)];
  process.stdout.write(`${lines.join('\n')}\n`);
  await flush(process.stdout);
  return 0;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}
