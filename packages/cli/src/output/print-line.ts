import { maskSecrets } from '@stack/core/secrets';

/** Prints a line at once, of a command that goes on. */
export function printLine(text: string): void {
  process.stdout.write(`${maskSecrets(text)}\n`);
}
