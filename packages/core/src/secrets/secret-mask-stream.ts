import { StringDecoder } from 'node:string_decoder';
import { findMaskedValues, replaceSpans } from './secret-masker.ts';

/**
 * Masks a text that comes in pieces, whatever the places where it is cut: what could be the beginning of a secret is
 * held back until it is known.
 */
export class SecretMaskStream {
  readonly #decoder = new StringDecoder();
  #held = '';
  /** So much of what is held stands behind a mask already. */
  #covered = 0;

  /** Takes the next piece, bytes as UTF-8, and gives what is known to be no part of a secret that goes on. */
  push(piece: string | Uint8Array): string {
    return this.#take(typeof piece === 'string' ? piece : this.#decoder.write(piece));
  }

  /** Gives what was held back. */
  end(): string {
    const text = this.#held + this.#decoder.end();
    const { spans } = findMaskedValues(text);
    const { masked } = replaceSpans(text, spans, this.#covered, text.length);
    this.#held = '';
    this.#covered = 0;
    return masked;
  }

  #take(piece: string): string {
    const text = this.#held + piece;
    const { spans, openFrom } = findMaskedValues(text);
    const { masked, end } = replaceSpans(text, spans, this.#covered, openFrom);
    this.#held = text.slice(openFrom);
    this.#covered = end - openFrom;
    return masked;
  }
}
