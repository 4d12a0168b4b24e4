import { type FlavorEntry, valueChanges } from '@stack/project';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { changeOutput } from '../output/change-output.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const { componentType: type, dryRun } = invocation;
  await using project = await openProjectHere(invocation);
  const nameOrSource = invocation.positional('NAME_OR_SOURCE');
  const { before, after } = await project.flavors.update(type, nameOrSource, { dryRun });
  return changeOutput(invocation, {
    verb: ['Updated', 'update'],
    subject: `the flavor "${after.name}" of ${type}`,
    changes: valueChanges(describe(before), describe(after)),
    data: after,
  });
}

function describe({ origin, manifest }: FlavorEntry): object {
  const { configSchema, settingsSchema, configVersion, displayName, docsUrl, capabilities, isLocal } = manifest;
  const source = origin.kind === 'registered' ? origin.source : undefined;
  return { source, configVersion, configSchema, settingsSchema, displayName, docsUrl, capabilities, isLocal };
}
