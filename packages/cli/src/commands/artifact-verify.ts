import type { ArtifactRecord, RunStore } from '@stack/core';
import { StackError } from '@stack/core/errors';
import { type Verification, verifyArtifacts } from '@stack/pipelines';
import type { Project } from '@stack/project';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { readCount } from '../command-line/read-count.ts';
import { openProjectHere } from '../open-project-here.ts';
import { OpenedArtifactStores } from '../opened-artifact-stores.ts';
import { showSize } from '../output/records.ts';
import { renderTable } from '../output/table.ts';

const artifactsAtOnce = 1000;

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const concurrency = readCount(invocation, 'concurrency');
  checkChoice(invocation);
  await using project = await openProjectHere(invocation);
  const artifacts = await chosenArtifacts(invocation, project);
  await using stores = new OpenedArtifactStores(project);
  const verification = await verifyArtifacts(artifacts, {
    openStore: stores.open,
    concurrency,
    remove: invocation.flag('remove'),
  });
  const { damaged, unreachable, ...counts } = verification;
  const error = errorOf(verification);
  return {
    data: {
      ...counts,
      damaged,
      unreachable: unreachable.map(({ store, objects, error: { code, message } }) => ({
        store,
        objects,
        error: { code, message },
      })),
    },
    text: summary(verification, invocation),
    ...(error === undefined ? {} : { error }),
  };
}

function checkChoice(invocation: Invocation): void {
  const choices = [
    invocation.positionals('ARTIFACT').length > 0,
    invocation.option('run') !== undefined,
    invocation.flag('all'),
  ];
  if (choices.filter(Boolean).length === 1) return;
  throw new StackError({
    code: 'ARGUMENT_INVALID',
    message: 'Artifacts are named, or all of a run with --run, or all with --all: one of these.',
    hint: 'stack artifact verify --all reads everything.',
  });
}

async function chosenArtifacts(
  invocation: Invocation,
  project: Project,
): Promise<Iterable<ArtifactRecord> | AsyncIterable<ArtifactRecord>> {
  const named = invocation.positionals('ARTIFACT');
  if (named.length > 0) return Promise.all(named.map((reference) => project.runs.getArtifact(reference)));
  const run = invocation.option('run');
  const runId = run === undefined ? undefined : (await project.runs.getRun(run)).id;
  return eachArtifact(project.runs, runId);
}

/** In pages: a project may have more artifacts than the memory holds. */
async function* eachArtifact(runs: RunStore, runId: string | undefined): AsyncIterable<ArtifactRecord> {
  let page: readonly ArtifactRecord[] = [];
  do {
    page = await runs.listArtifacts({ runId, limit: artifactsAtOnce, after: page.at(-1)?.id });
    yield* page;
  } while (page.length === artifactsAtOnce);
}

function summary({ artifacts, objects, bytes, damaged, unreachable }: Verification, { screen }: Invocation): string {
  const count = `${objects === 1 ? 'one object' : `${objects} objects`}, ${showSize(bytes)}`;
  const read = `${artifacts === 1 ? 'one artifact' : `${artifacts} artifacts`}: ${count}`;
  const sections = [`Read ${read}.`];
  if (damaged.length > 0) {
    const rows = damaged.map(({ artifact, path, state, problem }) => [
      artifact.id,
      artifact.name,
      state,
      `${path} ${problem}`,
    ]);
    sections.push(renderTable(['ARTIFACT', 'NAME', 'STATE', 'PROBLEM'], rows, screen));
  }
  for (const { store, objects: unread, error } of unreachable) {
    sections.push(`${unread} objects in the artifact store "${store.component}" were not read: ${error.message}`);
  }
  if (damaged.length === 0 && unreachable.length === 0) sections.push('All are as they were written.');
  return sections.join('\n\n');
}

/** Damage is told before a store that does not answer. */
function errorOf({ damaged, unreachable }: Verification): StackError | undefined {
  if (damaged.length > 0) {
    return new StackError({
      code: 'INTEGRITY',
      message: `${damaged.length === 1 ? 'One object is' : `${damaged.length} objects are`} not as written.`,
      hint: damaged.some(({ state }) => state === 'damaged')
        ? 'Remove what is damaged by the same command with --remove. Steps write it anew when their pipelines run again.'
        : 'Run their pipelines again: results whose artifacts are gone are not taken from the cache.',
      problems: damaged.map(({ path, problem }) => ({ path, message: problem })),
    });
  }
  const [first] = unreachable;
  if (first === undefined) return undefined;
  const { component } = first.store;
  return new StackError({
    code: first.error.code,
    message: `The artifact store "${component}" cannot be read, so that nothing is known of what it holds: ${first.error.message}`,
    hint: first.error.hint ?? `See what is wrong with it: stack artifact-store describe ${component}`,
    cause: first.error,
  });
}
