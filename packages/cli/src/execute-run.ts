import { inspect } from 'node:util';
import { type ArtifactRecord, maskValue, type RunRecord, type Stack, StackError } from '@stack/core';
import { isDirectoryArtifact, isFileArtifact, type PipelineRun, type ResumeOptions } from '@stack/pipelines';
import type { Project } from '@stack/project';
import type { CommandOutput } from './command-line/command.ts';
import type { Invocation } from './command-line/invocation.ts';
import { exitProcess } from './exit-process.ts';
import { listRunArtifacts } from './list-run-artifacts.ts';
import { programName } from './output/program-name.ts';
import { artifactRows, showMilliseconds } from './output/records.ts';
import { createRunView, type RunView } from './output/run-view.ts';
import { renderTable } from './output/table.ts';
import { pruneAtEnd } from './prune-runs.ts';

/** Enough of an id to type: commands take the beginning of one. */
const shownIdLength = 8;

/** What the run of a command is run with, whether it starts or goes on. */
type ExecuteOptions = Pick<
  ResumeOptions,
  'stack' | 'runStore' | 'openArtifactStore' | 'signal' | 'onEvent' | 'throwOnFailure'
>;

/** Runs a pipeline for a command: shows it while it goes on, cancels it on ^C, and tells how it ended. */
export async function executeRun(
  invocation: Invocation,
  project: Project,
  stack: Stack,
  execute: (options: ExecuteOptions) => Promise<PipelineRun>,
): Promise<CommandOutput> {
  const view = invocation.isJson ? undefined : createRunView(invocation.screen);
  using interruption = abortOnInterrupt(view);
  let ended: PipelineRun;
  try {
    ended = await execute({
      stack,
      runStore: project.runs,
      openArtifactStore: (artifact) => project.components.openStoreOf(artifact),
      signal: interruption.signal,
      onEvent: (event) => view?.show(event),
      throwOnFailure: false,
    });
  } finally {
    view?.close();
  }
  const record = await project.runs.getRun(ended.id);
  const artifacts = await listRunArtifacts(project, ended.id);
  const result = ended.state === 'completed' ? await ended.result() : undefined;
  const { plan: _, ...shown } = record;
  const error = runError(record, interruption.uncaught);
  // The run was complete before the error could stop it.
  const late = ended.state === 'completed' && interruption.uncaught !== undefined ? [interruption.uncaught] : [];
  // Who has cancelled a run does not wait for others.
  const pruned = interruption.signal.aborted ? { runs: [], problems: [] } : await pruneAtEnd(project, ended.id);
  const deletedRuns = pruned.runs.map(({ name }) => name);
  const text = summary(record, artifacts, result, stack.artifactStore.root, invocation);
  return {
    data: { ...shown, steps: ended.steps, artifacts, ...(isJsonData(result) ? { result } : {}), deletedRuns },
    text: deletedRuns.length === 0 ? text : `${text}\n\nDeleted, as no rule keeps them: ${deletedRuns.join(', ')}`,
    ...(error === undefined ? {} : { error }),
    warnings: [...late, ...pruned.problems],
  };
}

interface Interruption extends Disposable {
  readonly signal: AbortSignal;
  /** The first error of a step that came when nobody waited for it. */
  readonly uncaught: StackError | undefined;
}

/** Cancels the run on the first ^C, ends the process on the second, and fails the run on an error that nobody caught. */
function abortOnInterrupt(view: RunView | undefined): Interruption {
  const controller = new AbortController();
  let uncaught: StackError | undefined;
  const interrupt = () => {
    if (controller.signal.aborted) {
      view?.close();
      exitProcess(130);
    }
    controller.abort();
    view?.note('Cancelling the run. Press ^C again to stop at once.');
  };
  const giveUp = () => {
    if (controller.signal.aborted) return;
    controller.abort();
    view?.note('Cancelling the run: what its steps wait for cannot happen any more.');
  };
  const fail = (cause: unknown) => {
    uncaught ??= new StackError({
      code: 'RUN_FAILED',
      message: `An error that nobody caught: ${cause instanceof Error ? cause : inspect(cause)}`,
      hint: 'Await every promise that a step makes, and catch what its callbacks throw. STACK_DEBUG=1 shows where.',
      cause,
    });
    controller.abort(uncaught);
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, interrupt);
  process.on('beforeExit', giveUp);
  process.on('uncaughtException', fail);
  return {
    signal: controller.signal,
    get uncaught() {
      return uncaught;
    },
    [Symbol.dispose]: () => {
      for (const signal of signals) process.off(signal, interrupt);
      process.off('beforeExit', giveUp);
      process.off('uncaughtException', fail);
    },
  };
}

function runError({ name, state, error }: RunRecord, uncaught: StackError | undefined): StackError | undefined {
  if (state === 'completed') return undefined;
  const isCancelled = state === 'cancelled';
  const detail = error === undefined ? '.' : `. ${error.message}`;
  return new StackError({
    code: isCancelled ? 'ABORTED' : 'RUN_FAILED',
    message: isCancelled ? `The run "${name}" was cancelled.` : `The run "${name}" failed${detail}`,
    hint: error?.hint ?? uncaught?.hint ?? `See what happened: stack run describe ${name}`,
    cause: uncaught,
  });
}

function summary(
  { name, startedAt, endedAt, state }: RunRecord,
  artifacts: readonly ArtifactRecord[],
  result: unknown,
  root: string,
  { screen }: Invocation,
): string {
  const duration = endedAt === undefined ? '' : ` in ${showMilliseconds(endedAt.getTime() - startedAt.getTime())}`;
  const shown = artifacts.map((artifact) => ({ ...artifact, id: artifact.id.slice(0, shownIdLength) }));
  const last = shown.at(-1);
  const commands = [
    `${programName} run describe ${name}`,
    ...(state === 'completed' ? [] : [`${programName} run logs ${name}`]),
    ...(state === 'completed' && last !== undefined ? [`${programName} artifact ${wayToSee(last)}`] : []),
  ];
  return [
    screen.paint(state === 'completed' ? 'good' : 'bad', `Run ${name} ${state}${duration}.`),
    ...(result === undefined || result === null
      ? []
      : [`${screen.paint('heading', 'Result:')}\n${showResult(result)}`]),
    ...(shown.length === 0
      ? []
      : [`${screen.paint('heading', `Artifacts, in ${root}:`)}\n${renderTable(...artifactRows(shown), screen)}`]),
    `${screen.paint('heading', 'Look further:')}\n${commands.map((command) => `  ${command}`).join('\n')}`,
  ].join('\n\n');
}

/** The command that shows most of an artifact. */
function wayToSee({ id, visualizations, contents }: ArtifactRecord): string {
  const [shown] = visualizations;
  if (shown?.type === 'html' || shown?.type === 'image') return `visualization ${id} ${shown.name} --output FILE`;
  return contents.length > 0 ? `download ${id} FOLDER` : `cat ${id}`;
}

function showResult(result: unknown): string {
  if (typeof result === 'string') return result.trimEnd();
  if (result instanceof Uint8Array) return `${result.length} bytes`;
  if (isFileArtifact(result)) return 'a file';
  if (isDirectoryArtifact(result)) return 'a directory';
  return inspect(maskValue(result), { depth: 4, maxArrayLength: 20, maxStringLength: 200 });
}

/** Whether a value is the same once it has been JSON. */
function isJsonData(value: unknown): boolean {
  if (value === undefined || value instanceof Uint8Array) return false;
  if (isFileArtifact(value) || isDirectoryArtifact(value)) return false;
  try {
    JSON.stringify(value);
    return true;
  } catch {
    return false;
  }
}
