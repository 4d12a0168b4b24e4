import type { FieldChange } from '@stack/project';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { showValue } from './records.ts';
import { printable } from './table.ts';

/** What a command did or, with `--dry-run`, would do. */
export interface Change {
  /** E.g. `['Renamed', 'rename']`. */
  readonly verb: readonly [done: string, wanted: string];
  /** What it was done to, e.g. `the orchestrator "prod"`. */
  readonly subject: string;
  /** What is different now, where that is not all of it. */
  readonly changes?: readonly FieldChange[];
  /** What is then good to know; not said of a dry run. */
  readonly note?: string;
  readonly data: object;
}

/** The output of a command that writes. Its data say whether it was a dry run, and what is different. */
export function changeOutput(
  { dryRun }: Pick<Invocation, 'dryRun'>,
  { verb: [done, wanted], subject, changes, note, data }: Change,
): CommandOutput {
  const lines = changes === undefined ? [] : showChanges(changes);
  const text = dryRun ? `Would ${wanted} ${subject}. Nothing was written.` : `${done} ${subject}.`;
  return {
    data: { ...data, ...(changes === undefined ? {} : { changes }), ...(dryRun ? { dryRun } : {}) },
    text: [text, ...lines, ...(note === undefined || dryRun ? [] : [note])].join('\n'),
  };
}

/** A line for each field: `+` came, `-` went, `~` became something else. */
export function showChanges(changes: readonly FieldChange[]): string[] {
  if (changes.length === 0) return ['  Nothing is different.'];
  return changes.map(({ path, before, after }) => {
    if (before === undefined) return printable(`  + ${path}=${showValue(after)}`);
    if (after === undefined) return printable(`  - ${path}=${showValue(before)}`);
    return printable(`  ~ ${path}=${showValue(before)} -> ${showValue(after)}`);
  });
}
