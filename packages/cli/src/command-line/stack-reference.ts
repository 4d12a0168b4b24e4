import type { Project } from '@stack/project';
import type { Invocation } from './invocation.ts';

/** The stack that the argument NAME stands for: the active one where it is not given. */
export async function stackReference(project: Project, invocation: Invocation): Promise<string> {
  return invocation.positional('NAME') || (await project.stacks.active()).id;
}
