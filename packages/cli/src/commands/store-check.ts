import { StackError } from '@stack/core/errors';
import { checkStore } from '@stack/store';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { renderFields } from '../output/table.ts';
import { storeHere } from '../store-here.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const check = await checkStore(storeHere(invocation));
  const { product, store, version, rows, problems } = check;
  const fields = renderFields(
    [
      ['store', store],
      ['database', `${product}, version ${version} of the tables`],
      ...Object.entries(rows).map(([table, count]): [string, string] => [table, `${count} rows`]),
    ],
    invocation.screen,
  );
  if (problems.length === 0) return { data: check, text: `${fields}\n\nNo damage was found.` };
  return {
    data: check,
    text: [fields, '', ...problems].join('\n'),
    error: new StackError({
      code: 'STORE_CORRUPT',
      message: `The metadata store ${store} has ${problems.length === 1 ? 'a defect' : `${problems.length} defects`}.`,
      hint: product === 'SQLite' ? 'Restore a backup: stack store restore FILE' : 'Mend the rows, or restore a backup.',
    }),
  };
}
