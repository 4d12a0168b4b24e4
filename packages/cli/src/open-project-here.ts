import { openProject, type Project } from '@stack/project';
import type { Invocation } from './command-line/invocation.ts';
import { packageFolder } from './package-folder.ts';

/** Opens the project that a command is called in. @throws PROJECT_NOT_FOUND */
export function openProjectHere({ workingDirectory }: Invocation): Promise<Project> {
  return openProject({ from: workingDirectory, integrationsFrom: [packageFolder] });
}
