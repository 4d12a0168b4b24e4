import { resolve } from 'node:path';
import { backupStore } from '@stack/store';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { programName } from '../output/program-name.ts';
import { storeHere } from '../store-here.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const file = resolve(invocation.workingDirectory, invocation.positional('FILE'));
  await backupStore(storeHere(invocation), file);
  return { data: { file }, text: `Wrote ${file}.\nIt is restored by: ${programName} store restore ${file}` };
}
