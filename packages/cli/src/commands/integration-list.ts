import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { integrationsHere } from '../integrations/integrations-here.ts';
import { integrationSummary } from '../output/integration-summary.ts';
import { renderTable } from '../output/table.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const { integrations, problems } = integrationsHere(invocation);
  const summaries = integrations.map(integrationSummary);
  const rows = summaries.map(({ package: name, version, flavors }) => [
    name,
    version,
    flavors.map((flavor) => `${flavor.type}/${flavor.name}`).join(' '),
  ]);
  return {
    data: summaries,
    text: renderTable(['PACKAGE', 'VERSION', 'FLAVORS'], rows, invocation.screen),
    warnings: problems,
  };
}
