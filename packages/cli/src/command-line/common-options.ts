import type { OptionDescription } from './command.ts';

/** The options of every command. */
export const commonOptions: Readonly<Record<string, OptionDescription>> = {
  json: { summary: 'Print one JSON document.' },
  help: { short: 'h', summary: 'Print this help.' },
};
