import type { RetentionRule } from '@stack/core';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { renderTable } from './table.ts';

const millisecondsPerDay = 86_400_000;

/** The rules of which runs are kept. */
export function retentionOutput(rules: readonly RetentionRule[], { screen }: Invocation): CommandOutput {
  const rows = rules.map(({ pipeline, state, maximumAge, maximumCount }) => [
    pipeline ?? 'any',
    state ?? 'any',
    maximumAge === undefined ? '' : `${Number((maximumAge / millisecondsPerDay).toFixed(3))} d`,
    maximumCount === undefined ? '' : String(maximumCount),
  ]);
  const table = renderTable(['PIPELINE', 'STATE', 'KEPT FOR', 'KEPT OF EACH PIPELINE'], rows, screen);
  const note =
    'By themselves runs stay: stack run prune deletes those that are not kept, and so does stack worker each hour.';
  return { data: rules, text: rules.length === 0 ? 'Every run is kept.' : `${table}\n\n${note}` };
}
