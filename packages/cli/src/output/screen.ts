import { styleText } from 'node:util';

/** A style by its meaning. */
export type Tone = 'heading' | 'good' | 'bad' | 'quiet';

const styles = { heading: 'bold', good: 'green', bad: 'red', quiet: 'dim' } as const;

/** Where the output of a command is read. */
export interface Screen {
  /** In characters; `undefined` when it is no terminal, so that lines may be of any length. */
  readonly width: number | undefined;
  /** The text in colour, where that is wanted. */
  readonly paint: (tone: Tone, text: string) => string;
  /** Whether tables show secrets as they are. Default: masked, before a line is broken within one. */
  readonly isRevealed?: boolean;
}

/** There is colour on a terminal alone, and never with `NO_COLOR`. */
export function screenOf(stream: NodeJS.WriteStream, environment: NodeJS.ProcessEnv = process.env): Screen {
  const isColoured = stream.isTTY && !environment.NO_COLOR && environment.TERM !== 'dumb';
  return {
    width: stream.isTTY ? stream.columns || 80 : undefined,
    paint: (tone, text) => (isColoured ? styleText(styles[tone], text, { validateStream: false }) : text),
  };
}
