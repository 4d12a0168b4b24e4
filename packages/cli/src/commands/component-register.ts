import type { Project } from '@stack/project';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { readComponentInput } from '../command-line/read-component-input.ts';
import { openProjectHere } from '../open-project-here.ts';
import { changeOutput } from '../output/change-output.ts';
import { programName } from '../output/program-name.ts';
import { typedFieldWarnings } from '../secrets/typed-values.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const { componentType: type, dryRun } = invocation;
  const allowPlainSecret = invocation.flag('allow-plain-secret');
  const input = await readComponentInput(invocation);
  await using project = await openProjectHere(invocation);
  const flavor = invocation.option('flavor') ?? '';
  const component = await project.components.register(
    {
      type,
      name: invocation.positional('NAME'),
      flavor,
      ...input,
      labels: Object.fromEntries(invocation.optionPairs('label')),
    },
    { dryRun, allowPlainSecret },
  );
  const subject = `the ${type} "${component.name}" of the flavor ${component.flavor}`;
  const note = type === 'secret-store' ? await howToAsk(component.name, project) : undefined;
  const output = changeOutput(invocation, {
    verb: ['Registered', 'register'],
    subject,
    ...(note === undefined ? {} : { note }),
    data: component,
  });
  const { manifest } = await project.flavors.get(type, flavor);
  return { ...output, warnings: typedFieldWarnings(invocation, manifest) };
}

/** A secret store is asked for no secret yet. */
async function howToAsk(name: string, { secrets }: Project): Promise<string> {
  const names = (await secrets.stores()).map((store) => store.name);
  return `Have it asked for secrets, e.g. before the others: ${programName} secret-store set ${[name, ...names].join(' ')}`;
}
