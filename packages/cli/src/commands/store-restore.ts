import { resolve } from 'node:path';
import { restoreStore } from '@stack/store';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { storeHere } from '../store-here.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const file = resolve(invocation.workingDirectory, invocation.positional('FILE'));
  const { previous } = await restoreStore(storeHere(invocation), file);
  const kept = previous === undefined ? '' : `\nWhat the store held before is in ${previous}`;
  return { data: { file, previous }, text: `Restored ${file}.${kept}` };
}
