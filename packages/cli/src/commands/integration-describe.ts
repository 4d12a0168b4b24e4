import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { findIntegration, integrationsHere } from '../integrations/integrations-here.ts';
import { integrationSummary } from '../output/integration-summary.ts';
import { renderFields, renderTable } from '../output/table.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const discovery = integrationsHere(invocation);
  const summary = integrationSummary(findIntegration(discovery, invocation.positional('NAME')));
  const { screen } = invocation;
  const fields: [string, string][] = [
    ['package', summary.package],
    ['version', summary.version],
    ['folder', summary.folder],
    ['component types', summary.componentTypes.join(' ')],
  ];
  const rows = summary.flavors.map(({ type, name, displayName = '' }) => [type, name, displayName]);
  const text = renderFields(
    fields.filter(([, value]) => value !== ''),
    screen,
  );
  return {
    data: summary,
    text: `${text}\n\n${rows.length === 0 ? 'It has no flavors.' : renderTable(['TYPE', 'FLAVOR', 'DESCRIPTION'], rows, screen)}`,
    warnings: discovery.problems,
  };
}
