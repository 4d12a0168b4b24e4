import { stackError } from '@stack/core';
import { didYouMean, type Problem } from '@stack/core/errors';
import { listComponentTypes, type Option } from '@stack/core/manifest';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { programName } from '../output/program-name.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const name = invocation.positional('NAME');
  await using project = await openProjectHere(invocation);
  const registered = await project.stacks.register({
    name,
    components: readComponents(name, invocation.furtherOptions),
    labels: Object.fromEntries(invocation.optionPairs('label')),
  });
  const isActive = invocation.flag('activate');
  if (isActive) await project.stacks.activate(registered.id);
  const next = isActive ? 'It is the active stack now.' : `Make it the active one: ${programName} set ${name}`;
  return { data: { ...registered, isActive }, text: `Registered the stack "${name}". ${next}` };
}

/** Reads `--artifact-store NAME` and its like. */
function readComponents(stack: string, options: readonly Option[]): Record<string, string[]> {
  const types = listComponentTypes().map((type) => type.name);
  const components: Record<string, string[]> = {};
  const problems: Problem[] = [];
  for (const [type, name] of options) {
    if (!types.includes(type)) {
      const hint = didYouMean(
        `--${type}`,
        types.map((known) => `--${known}`),
      );
      problems.push({
        path: type,
        code: 'OPTION_UNKNOWN',
        message: `there is no option --${type}`,
        hint: hint ?? `Its components are given by ${types.map((known) => `--${known}`).join(', ')}.`,
      });
    } else if (name === true)
      problems.push({ path: type, message: `the option --${type} needs the name of a component` });
    else components[type] = [...(components[type] ?? []), name];
  }
  if (problems.length > 0) throw stackError(stack, problems);
  return components;
}
