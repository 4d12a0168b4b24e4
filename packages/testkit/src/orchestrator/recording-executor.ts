import type { StepExecutor, StepOutcome } from '@stack/core';

/** What an orchestrator did with the steps, in the order in which it happened. */
export type ExecutionEvent =
  | { readonly event: 'start' | 'end'; readonly step: string }
  | { readonly event: 'skip'; readonly step: string; readonly reason: string };

/** A step executor that runs functions and writes down what it is asked. */
export class RecordingExecutor implements StepExecutor {
  readonly events: ExecutionEvent[] = [];
  readonly #run: (step: string, signal: AbortSignal) => Promise<StepOutcome>;
  #running = 0;
  /** The most steps that ran at once. */
  peak = 0;

  constructor(run: (step: string, signal: AbortSignal) => Promise<StepOutcome>) {
    this.#run = run;
  }

  async execute(step: string, { signal }: { readonly signal: AbortSignal }): Promise<StepOutcome> {
    this.events.push({ event: 'start', step });
    this.peak = Math.max(this.peak, ++this.#running);
    try {
      return await this.#run(step, signal);
    } finally {
      this.#running--;
      this.events.push({ event: 'end', step });
    }
  }

  async skip(step: string, reason: string): Promise<void> {
    this.events.push({ event: 'skip', step, reason });
  }

  /** The steps that were executed, in the order of their starts. */
  get executed(): string[] {
    return this.events.filter(({ event }) => event === 'start').map(({ step }) => step);
  }

  /** The reasons of the steps that were skipped, by name. */
  get skipped(): Record<string, string> {
    return Object.fromEntries(
      this.events.flatMap((event) => (event.event === 'skip' ? [[event.step, event.reason]] : [])),
    );
  }

  /** Whether one step ended before another started. */
  isBefore(first: string, second: string): boolean {
    const indexOf = (event: string, step: string) =>
      this.events.findIndex((candidate) => candidate.event === event && candidate.step === step);
    return indexOf('end', first) >= 0 && indexOf('end', first) < indexOf('start', second);
  }
}
