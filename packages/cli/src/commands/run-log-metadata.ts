import { logMetadata } from '@stack/pipelines';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { readMetadata } from '../command-line/read-metadata.ts';
import { openProjectHere } from '../open-project-here.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const added = readMetadata(invocation.positionals('KEY=VALUE'));
  const step = invocation.option('step');
  await using project = await openProjectHere(invocation);
  const { id, name } = await project.runs.getRun(invocation.positional('RUN'));
  await logMetadata(project.runs, { run: id, step }, added);
  const described =
    step === undefined
      ? await project.runs.getRun(id)
      : (await project.runs.listStepRuns(id)).find((stepRun) => stepRun.step === step);
  const metadata = described?.metadata.logged ?? {};
  const subject = step === undefined ? `the run ${name}` : `the step ${step} of the run ${name}`;
  return { data: { metadata }, text: `Of ${subject} is logged: ${JSON.stringify(metadata)}` };
}
