import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { renderTable } from '../output/table.ts';
import { secretPlace } from '../secrets/secret-place.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const { store, scope } = secretPlace(invocation);
  await using project = await openProjectHere(invocation);
  const { secrets, problems } = await project.secrets.list({ store, scope });
  const rows = secrets.map((secret) => [secret.name, secret.store, secret.scope, secret.keys.join(' ')]);
  return {
    data: secrets,
    text:
      rows.length === 0
        ? 'No secrets yet. Make one: stack secret create NAME --KEY'
        : renderTable(['NAME', 'STORE', 'SCOPE', 'KEYS'], rows, invocation.screen),
    warnings: problems,
  };
}
