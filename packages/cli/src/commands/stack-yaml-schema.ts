import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  await using project = await openProjectHere(invocation);
  const file = await project.documents.writeSchema();
  const line = '# yaml-language-server: $schema=.stack/stack.schema.json';
  return {
    data: { file },
    text: `Wrote ${file}.\nEditors complete and check stack.yaml by it when its first line is:\n${line}`,
  };
}
