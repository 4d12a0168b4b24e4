import { SecretMaskStream } from '@stack/core';

/** A longer line is cut in two. */
const maximumLineLength = 64 * 1024;

/** Takes a text that comes in pieces apart into lines. Secrets are masked before that, wherever the text is cut. */
export class LineStream {
  readonly #onLine: (line: string) => void;
  readonly #masker = new SecretMaskStream();
  #rest = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  /** Takes the next piece, bytes as UTF-8. */
  push(piece: string | Uint8Array): void {
    this.#take(this.#masker.push(piece));
  }

  /** Ends the last line. */
  end(): void {
    this.#take(this.#masker.end());
    if (this.#rest !== '') this.#onLine(this.#rest);
    this.#rest = '';
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = this.#cut(lines.pop() ?? '');
    for (const line of lines) this.#onLine(this.#cut(line));
  }

  /** Gives what is left of a line that is too long. */
  #cut(line: string): string {
    let start = 0;
    for (; line.length - start > maximumLineLength; start += maximumLineLength) {
      this.#onLine(line.slice(start, start + maximumLineLength));
    }
    return line.slice(start);
  }
}
