import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { dryRunText } from '../output/stack-outcome.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const { dryRun } = invocation;
  await using project = await openProjectHere(invocation);
  const stores = await project.secrets.setStores(invocation.positionals('NAME'), { dryRun });
  const names = stores.map(({ name }) => name);
  const text = `Secrets are looked for in ${names.join(', then in ')}.`;
  return { data: { stores: names, isDryRun: dryRun }, text: dryRunText(invocation, text) };
}
