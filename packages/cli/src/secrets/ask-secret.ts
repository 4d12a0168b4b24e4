import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { StackError } from '@stack/core/errors';

/** Whether somebody is there to be asked, and to see the question. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** Asks for a value on the terminal, which does not show what is typed. @throws ABORTED on ^C and ^D */
export async function askSecret(question: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 });
  const answer = Promise.withResolvers<string>();
  reader.once('line', (line) => answer.resolve(line));
  reader.once('close', () =>
    answer.reject(new StackError({ code: 'ABORTED', message: 'No value was given: nothing was written.' })),
  );
  process.stderr.write(question);
  try {
    return await answer.promise;
  } finally {
    reader.close();
    process.stderr.write('\n');
  }
}
