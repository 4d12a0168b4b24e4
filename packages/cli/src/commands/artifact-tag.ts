import { changeArtifactTags } from '../change-artifact-tags.ts';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  return changeArtifactTags(invocation, { add: invocation.positionals('TAG') });
}
