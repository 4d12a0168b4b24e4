import { relative, resolve } from 'node:path';
import { initProject } from '@stack/project';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { programName } from '../output/program-name.ts';
import { packageFolder } from '../package-folder.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const folder = resolve(invocation.workingDirectory, invocation.positional('FOLDER'));
  const { project, isNew } = await initProject(folder, { integrationsFrom: [packageFolder] });
  await using _ = project;
  const { name } = await project.stacks.active();
  const elsewhere = relative(invocation.workingDirectory, project.root);
  const next = elsewhere === '' ? '' : `cd ${elsewhere} && `;
  const what = isNew ? `Made ${project.root} a project.` : `${project.root} is a project already; nothing was changed.`;
  return {
    data: { root: project.root, isNew, store: project.storeLabel, activeStack: name },
    text: `${what} Its metadata store is ${project.storeLabel}, its active stack is "${name}".\nTry: ${next}${programName} status`,
  };
}
