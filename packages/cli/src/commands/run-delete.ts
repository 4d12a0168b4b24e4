import type { RunState } from '@stack/core';
import { StackError } from '@stack/core/errors';
import type { Project } from '@stack/project';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { readDuration } from '../command-line/read-duration.ts';
import { readRunState } from '../command-line/read-run-state.ts';
import { deleteRuns } from '../delete-runs.ts';
import { openProjectHere } from '../open-project-here.ts';
import { deletedRunsOutput } from '../output/deleted-runs-output.ts';

/** Runs that are told by what they have in common. */
interface CommonTraits {
  readonly pipeline: string | undefined;
  readonly state: RunState | undefined;
  /** Milliseconds. */
  readonly olderThan: number | undefined;
}

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const named = invocation.positionals('RUN');
  const traits: CommonTraits = {
    pipeline: invocation.option('pipeline'),
    state: readRunState(invocation, ['completed', 'failed', 'cancelled', 'running']),
    olderThan: readDuration(invocation, 'older-than'),
  };
  checkChoice(named, traits);
  await using project = await openProjectHere(invocation);
  const references = named.length > 0 ? named : await findRuns(project, traits);
  if (named.length === 0 && !invocation.dryRun && !invocation.flag('yes')) {
    throw new StackError({
      code: 'OPTION_MISSING',
      message: `This deletes ${references.length === 1 ? 'one run' : `${references.length} runs`}.`,
      hint: 'See which with --dry-run, and delete them with --yes.',
    });
  }
  const deleted = await deleteRuns(project, references, {
    keepArtifacts: invocation.flag('keep-artifacts'),
    deleteTagged: invocation.flag('tagged'),
    dryRun: invocation.dryRun,
  });
  return deletedRunsOutput(invocation, deleted);
}

function checkChoice(named: readonly string[], traits: CommonTraits): void {
  const isByTraits = Object.values(traits).some((trait) => trait !== undefined);
  if (named.length > 0 && isByTraits) {
    throw new StackError({
      code: 'ARGUMENT_INVALID',
      message: 'Runs are named, or told by --pipeline, --state and --older-than, not both.',
      hint: 'Leave the names out, or the options.',
    });
  }
  if (named.length > 0 || isByTraits) return;
  throw new StackError({
    code: 'OPTION_MISSING',
    message: 'It is not said which runs are to be deleted.',
    hint: 'Name them, or give --pipeline, --state or --older-than.',
  });
}

/** A run that has not ended is found only where that is asked for. */
async function findRuns(project: Project, { pipeline, state, olderThan }: CommonTraits): Promise<readonly string[]> {
  const before = olderThan === undefined ? undefined : new Date(Date.now() - olderThan);
  const runs = await project.runs.summarizeRuns({ pipeline, state, before });
  return runs.filter((run) => state !== undefined || run.state !== 'running').map(({ id }) => id);
}
