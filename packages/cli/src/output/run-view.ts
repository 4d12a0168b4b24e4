import type { Plan, StepRunRecord } from '@stack/core';
import { maskSecrets } from '@stack/core/secrets';
import type { RunEvent } from '@stack/pipelines';
import { showMilliseconds } from './records.ts';
import type { Screen, Tone } from './screen.ts';
import { printable } from './table.ts';
import { fittingLength, textWidth } from './text-width.ts';

/** Shows a run while it goes on. */
export interface RunView {
  show(event: RunEvent): void;
  /** A line for the person who watches. */
  note(text: string): void;
  /** Leaves what was shown as it is, and the terminal as it was. */
  close(): void;
}

/** On a terminal a line for each step, kept up to date; elsewhere a line for each event. */
export function createRunView(screen: Screen): RunView {
  return screen.width === undefined ? new PlainRunView(screen) : new LiveRunView(screen);
}

function write(text: string): void {
  process.stdout.write(maskSecrets(text));
}

class PlainRunView implements RunView {
  readonly #screen: Screen;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  show(event: RunEvent): void {
    const line = describeEvent(event, this.#screen);
    if (line !== undefined) write(`${line}\n`);
  }

  note(text: string): void {
    write(`${text}\n`);
  }

  close(): void {}
}

interface ShownStep {
  readonly name: string;
  readonly symbol: string;
  readonly tone: Tone;
  readonly text: string;
  /** When it started, while it runs. */
  readonly since?: number;
}

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const frameMilliseconds = 100;
const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';
const clearBelow = '\u001b[0J';

class LiveRunView implements RunView {
  readonly #screen: Screen;
  readonly #steps = new Map<string, ShownStep>();
  #drawnLines = 0;
  #frame = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  show(event: RunEvent): void {
    if (event.type === 'run-started') this.#start(event.plan);
    if (event.type === 'run-resumed') this.#start(event.plan, event.steps);
    const line = isOfStepLine(event) ? undefined : describeEvent(event, this.#screen);
    if ('step' in event) this.#update(event.step, event);
    this.#draw(line);
    if (event.type === 'run-ended') this.close();
  }

  note(text: string): void {
    this.#draw(text);
  }

  close(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#draw();
    write(showCursor);
  }

  #start(plan: Plan, recorded: readonly StepRunRecord[] = []): void {
    for (const { name } of plan.steps) this.#steps.set(name, { name, symbol: '·', tone: 'quiet', text: '' });
    for (const { step, state } of recorded) {
      if (state !== 'completed') continue;
      this.#steps.set(step, { name: step, symbol: '✓', tone: 'good', text: 'completed before' });
    }
    write(hideCursor);
    this.#timer = setInterval(() => {
      this.#frame++;
      this.#draw();
    }, frameMilliseconds).unref();
  }

  #update(name: string, event: RunEvent): void {
    const shown = shownState(event);
    if (shown !== undefined) this.#steps.set(name, { name, ...shown });
  }

  /** Draws the lines of the steps again, below a line that stays. */
  #draw(line?: string): void {
    const steps = this.#visibleSteps().map((step) => this.#stepLine(step));
    const up = this.#drawnLines === 0 ? '' : `\u001b[${this.#drawnLines}A`;
    const above = line === undefined ? '' : `${line}\n`;
    this.#drawnLines = steps.length;
    write(`${up}\r${clearBelow}${above}${steps.map((step) => `${step}\n`).join('')}`);
  }

  /** What fits the terminal; of a longer list, the steps that run come first. */
  #visibleSteps(): ShownStep[] {
    const all = [...this.#steps.values()];
    const room = Math.max(1, (process.stdout.rows || 24) - 2);
    if (all.length <= room) return all;
    const isRunning = ({ since }: ShownStep) => since !== undefined;
    return [...all.filter(isRunning), ...all.filter((step) => !isRunning(step)).toReversed()].slice(0, room);
  }

  #stepLine({ name, symbol, tone, text, since }: ShownStep): string {
    const mark = since === undefined ? symbol : (frames[this.#frame % frames.length] ?? symbol);
    const note = since === undefined ? text : showMilliseconds(performance.now() - since);
    const width = (process.stdout.columns || 80) - 3;
    const line = `${name}  ${printable(note)}`;
    const shown = textWidth(line) > width ? `${line.slice(0, fittingLength(line, width - 1))}…` : line;
    return `${this.#screen.paint(tone, mark)} ${shown}`;
  }
}

function isOfStepLine(event: RunEvent): boolean {
  return /^step-(?:started|completed|cancelled|skipped)$/.test(event.type) || event.type === 'run-ended';
}

function shownState(event: RunEvent): Omit<ShownStep, 'name'> | undefined {
  switch (event.type) {
    case 'run-started':
    case 'run-resumed':
    case 'run-left':
    case 'run-ended':
    case 'step-log':
    case 'step-log-failed':
    case 'step-retrying':
      return undefined;
    case 'step-expanded':
      return { symbol: '·', tone: 'heading', text: '', since: performance.now() };
    case 'step-started':
      return { symbol: '·', tone: 'heading', text: '', since: performance.now() };
    case 'step-completed':
      return {
        symbol: '✓',
        tone: 'good',
        text: event.cachedFrom === undefined ? showMilliseconds(event.duration) : 'cached',
      };
    case 'step-failed':
      return { symbol: '✗', tone: 'bad', text: `failed after ${showMilliseconds(event.duration)}` };
    case 'step-cancelled':
      return { symbol: '✗', tone: 'bad', text: `cancelled: ${event.reason}` };
    case 'step-skipped':
      return { symbol: '-', tone: 'quiet', text: `skipped: ${event.reason}` };
  }
}

/** The line that tells of an event; `undefined` for one that the summary tells of. */
function describeEvent(event: RunEvent, { paint }: Screen): string | undefined {
  switch (event.type) {
    case 'run-started':
      return `Run ${event.name} of the pipeline ${event.plan.pipeline} on the stack ${event.stack}`;
    case 'run-resumed':
      return describeResumption(event, paint);
    case 'run-left':
      return leftNotice(event.name);
    case 'step-started':
      return `${event.step}: started${event.attempt === 1 ? '' : `, attempt ${event.attempt} of ${event.attempts}`}`;
    case 'step-expanded':
      return `${event.step}: ${event.items} ${event.items === 1 ? 'item' : 'items'}`;
    case 'step-log':
      return `${paint('quiet', `${event.step} |`)} ${printable(event.line.text)}`;
    case 'step-log-failed':
      return `${event.step}: lines of its log could not be kept: ${printable(event.error.message)}`;
    case 'step-retrying':
      return `${event.step}: attempt ${event.attempt} of ${event.attempts} failed: ${printable(event.error.message)}`;
    case 'step-completed':
      if (event.cachedFrom !== undefined) return `${event.step}: ${paint('good', 'cached')}`;
      return `${event.step}: ${paint('good', 'completed')} in ${showMilliseconds(event.duration)}`;
    case 'step-failed':
      return `${event.step}: ${paint('bad', 'failed')} after ${showMilliseconds(event.duration)}: ${printable(event.error.message)}`;
    case 'step-cancelled':
      return `${event.step}: cancelled after ${showMilliseconds(event.duration)}: ${event.reason}`;
    case 'step-skipped':
      return `${event.step}: skipped: ${event.reason}`;
    case 'run-ended':
      return undefined;
  }
}

/** What is said of a run whose process has ended before it did. */
export function leftNotice(name: string): string {
  return `Nobody executes it any more. It goes on with: stack run resume ${name}`;
}

function describeResumption(
  { name, plan, stack, steps, uncompared }: Extract<RunEvent, { readonly type: 'run-resumed' }>,
  paint: Screen['paint'],
): string {
  const completed = steps.filter(({ state }) => state === 'completed').length;
  const interrupted = steps.filter(({ state, interruptions }) => state === 'pending' && interruptions > 0);
  const again = interrupted.map(({ step, attempt }) => `${step}, attempt ${attempt}`);
  return [
    `Run ${name} of the pipeline ${plan.pipeline} on the stack ${stack} goes on: ${completed} of ${steps.length} steps are completed`,
    ...(again.length === 0 ? [] : [paint('quiet', `interrupted: ${again.join('; ')}`)]),
    ...(uncompared.length === 0 ? [] : [`it is not known whether the code has changed of ${uncompared.join(', ')}`]),
  ].join('\n');
}
