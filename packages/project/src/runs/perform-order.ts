import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import {
  importForWorker,
  maskSecrets,
  type RecordedError,
  StackError,
  type StepMessage,
  type StepOrder,
  type StepRunner,
  writeStepMessage,
} from '@stack/core';
import { openProject } from '../open-project.ts';
import type { Project } from '../project.ts';
import type { StepProject } from './step-program.ts';

/** How long components may take to close, in milliseconds. */
const closingGrace = 5_000;

/**
 * Runs the attempt of an order, and tells how it ended.
 *
 * @returns the exit code
 */
export async function performOrder(text: string): Promise<number> {
  const order = JSON.parse(text) as StepOrder;
  const controller = new AbortController();
  process.on('SIGTERM', () => {
    controller.abort(new StackError({ code: 'ABORTED', message: 'The step was told to stop.' }));
  });
  process.on('uncaughtException', (error) => giveUp(uncaught(error)));
  try {
    await runOrder(order, controller.signal);
    return 0;
  } catch (error) {
    return giveUp(error);
  }
}

async function runOrder({ project: place, source, stack: name, attempt }: StepOrder, signal: AbortSignal) {
  const { root, integrationsFrom } = place as unknown as StepProject;
  const project = await openProject({ from: root, integrationsFrom });
  const runner = await importForWorker(() => loadRunner(project, source));
  const stack = await project.stacks.open(name);
  process.on('beforeExit', () => giveUp(stranded()));
  await runner.runStep(attempt, {
    stack,
    runStore: project.runs,
    openArtifactStore: (artifact) => project.components.openStoreOf(artifact),
    signal,
    send,
  });
  // The result is told: what does not close any more has no say in it.
  const close = async () => {
    await stack[Symbol.asyncDispose]();
    await project[Symbol.asyncDispose]();
  };
  await Promise.race([close(), delay(closingGrace)]);
}

function giveUp(error: unknown): never {
  try {
    send({ type: 'failed', error: describe(error) });
  } catch {
    // Whoever started this process is gone. It ends as it would else, and leaves nothing.
  }
  process.exit(1);
}

async function loadRunner(project: Project, source: StepOrder['source']): Promise<StepRunner> {
  const file = fileURLToPath(source.module);
  const { value } = await project.modules.load({ module: file, export: source.export, isFile: true });
  if (typeof value === 'object' && value !== null && 'runStep' in value) return value as StepRunner;
  throw new StackError({
    code: 'PIPELINE_NOT_ADDRESSABLE',
    message: `${file}#${source.export} is not a pipeline.`,
    hint: 'Name the module and the export of the pipeline: { source: { module: import.meta.url, export: NAME } }.',
  });
}

/** Written at once, so that nothing is lost when the process crashes, and a fast step waits for a slow reader. */
function send(message: StepMessage): void {
  writeStepMessage(JSON.stringify(message));
}

function describe(error: unknown): RecordedError {
  const { code, hint } = StackError.is(error) ? error : { code: 'STEP_FAILED', hint: undefined };
  // Where an error of Stack was made tells nobody anything.
  const thrown = StackError.is(error) ? error.cause : error;
  return {
    code,
    message: maskSecrets(error instanceof Error ? error.message : inspect(error)),
    ...(hint === undefined ? {} : { hint: maskSecrets(hint) }),
    ...(thrown instanceof Error && thrown.stack !== undefined ? { stack: maskSecrets(thrown.stack) } : {}),
  };
}

function uncaught(cause: unknown): StackError {
  return new StackError({
    code: 'STEP_FAILED',
    message: `An error that nobody caught: ${cause instanceof Error ? cause : inspect(cause)}`,
    hint: 'Await every promise that a step makes, and catch what its callbacks throw.',
    cause,
  });
}

function stranded(): StackError {
  return new StackError({
    code: 'STEP_FAILED',
    message: 'The step waits for what cannot happen any more.',
    hint: 'Is there a promise in it that is never settled?',
  });
}
