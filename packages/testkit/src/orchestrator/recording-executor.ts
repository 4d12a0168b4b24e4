import type { ExecuteOptions, StepExecutor, StepHost, StepOutcome } from '@stack/core';

/** What an orchestrator did with the steps, in the order in which it happened. */
export interface ExecutionEvent {
  readonly event: 'start' | 'end';
  readonly step: string;
}

/** A step executor that runs functions and writes down what it is asked. */
export class RecordingExecutor implements StepExecutor {
  readonly events: ExecutionEvent[] = [];
  readonly outcomes: Record<string, StepOutcome> = {};
  /** The steps that completed, with what was said to be executed next. */
  readonly successions: (readonly [completed: string, next: string])[] = [];
  readonly #run: (step: string, signal: AbortSignal, host: StepHost | undefined) => Promise<StepOutcome>;
  readonly #expand: (step: string) => readonly string[];
  #running = 0;
  /** The most steps that ran at once. */
  peak = 0;

  /** @param expand the items of a mapped step. Default: none */
  constructor(
    run: (step: string, signal: AbortSignal, host: StepHost | undefined) => Promise<StepOutcome>,
    expand: (step: string) => readonly string[] = () => [],
  ) {
    this.#run = run;
    this.#expand = expand;
  }

  async execute(step: string, { signal, host, next }: ExecuteOptions): Promise<StepOutcome> {
    this.events.push({ event: 'start', step });
    this.peak = Math.max(this.peak, ++this.#running);
    try {
      const outcome = await this.#run(step, signal, host);
      this.outcomes[step] = outcome;
      const successor = outcome === 'completed' ? next?.() : undefined;
      if (successor !== undefined) this.successions.push([step, successor]);
      return outcome;
    } finally {
      this.#running--;
      this.events.push({ event: 'end', step });
    }
  }

  async expand(step: string): Promise<readonly string[]> {
    return this.#expand(step);
  }

  /** The steps that were executed, in the order of their starts. */
  get executed(): string[] {
    return this.events.filter(({ event }) => event === 'start').map(({ step }) => step);
  }

  /** Whether one step ended before another started. */
  isBefore(first: string, second: string): boolean {
    const indexOf = (event: string, step: string) =>
      this.events.findIndex((candidate) => candidate.event === event && candidate.step === step);
    return indexOf('end', first) >= 0 && indexOf('end', first) < indexOf('start', second);
  }
}
