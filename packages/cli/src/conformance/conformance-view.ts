import { maskSecrets } from '@stack/core/secrets';
import type { CaseResult } from '@stack/testkit';
import type { Screen } from '../output/screen.ts';
import { printable } from '../output/table.ts';
import { fittingLength, textWidth } from '../output/text-width.ts';

const clearLine = '\r\u001b[2K';

/** Shows on a terminal how far the cases are: one line, which is gone at the end. */
export class ConformanceView {
  readonly #screen: Screen;
  readonly #isShown: boolean;
  readonly #counts = { done: 0, failed: 0 };

  constructor(screen: Screen, isShown: boolean) {
    this.#screen = screen;
    this.#isShown = isShown && screen.width !== undefined;
  }

  show({ name, outcome }: CaseResult): void {
    this.#counts.done++;
    if (outcome === 'failed' || outcome === 'misdeclared') this.#counts.failed++;
    if (!this.#isShown) return;
    const { done, failed } = this.#counts;
    const tally = `${done} cases${failed === 0 ? '' : `, ${failed} failed`}`;
    const room = (this.#screen.width ?? 80) - textWidth(tally) - 3;
    const shown = printable(name).slice(0, fittingLength(printable(name), Math.max(room, 0)));
    process.stdout.write(
      maskSecrets(`${clearLine}${this.#screen.paint(failed === 0 ? 'good' : 'bad', tally)}  ${shown}`),
    );
  }

  close(): void {
    if (this.#isShown && this.#counts.done > 0) process.stdout.write(clearLine);
  }
}
