import {
  type JsonObject,
  type JsonValue,
  maskSecrets,
  type PipelineSource,
  type Plan,
  type RunFence,
  type RunStore,
  StackError,
  type StepHost,
  type StepMessage,
  type StepOrder,
  type StepProgram,
  type StepTask,
} from '@stack/core';
import * as devalue from 'devalue';
import type { LineLog } from '../logs/line-log.ts';
import type { RunConfig } from '../run-config/run-config.ts';
import { recordedError, unrecordedError } from './recorded-error.ts';
import { recordedRunConfig } from './recorded-plan.ts';
import {
  type AttemptResult,
  type AttemptRunner,
  type AttemptRunnerOptions,
  type StepAttempt,
  tookTooLong,
} from './step-attempt.ts';

/**
 * From the end of the time that a step has to when it is told to stop from outside, in milliseconds. Its own process is to
 * do so before: it knows what the step waits for.
 */
const timeoutGrace = 1_000;

/** What a pipeline is told of an attempt that it runs for another process. */
export interface AttemptOrder {
  readonly lease: RunFence;
  /** Name of the step run. */
  readonly step: string;
  readonly attempt: number;
  readonly isLast: boolean;
  /** As they were given, not as they are recorded. */
  readonly parameters: JsonObject;
  /** The settings that the run was given. */
  readonly config: RunConfig;
  /** What the code of the step has to be. */
  readonly code: string | undefined;
  /** The root of the artifact store, masked. */
  readonly artifacts: string;
  readonly damaged: readonly string[];
}

interface ElsewhereOptions extends AttemptRunnerOptions {
  readonly lease: RunFence;
}

/** Where an attempt runs, and what is done for it here. */
interface ElsewherePlace {
  readonly host: StepHost;
  readonly runner: AttemptRunner;
  readonly log: LineLog;
  readonly signal: AbortSignal;
}

/** Where another process finds the pipeline of a run, and how it is started. @throws PIPELINE_NOT_ADDRESSABLE */
export function addressOf(
  { pipeline, source }: Plan,
  { stepProgram }: RunStore,
): { readonly source: PipelineSource; readonly stepProgram: StepProgram } {
  if (source !== undefined && stepProgram !== undefined) return { source, stepProgram };
  const [why, hint] =
    source === undefined
      ? [
          'where it is exported was not said',
          'Run it by the command: stack pipeline run FILE#EXPORT. Or say it in code: run(parameters, { source: { module: import.meta.url, export: NAME } }).',
        ]
      : [
          'the run is not recorded in a project',
          'Open the project, and give run() its stack and { runStore: project.runs }.',
        ];
  throw new StackError({
    code: 'PIPELINE_NOT_ADDRESSABLE',
    message: `Steps of the pipeline "${pipeline}" are to run in a process of their own, which cannot find it: ${why}.`,
    hint,
  });
}

/**
 * Runs an attempt of a step in the program that a host starts. However that ends, the attempt has an end here: what the
 * program reported, or why it did not.
 */
export async function runAttemptElsewhere(
  attempt: StepAttempt,
  { host, runner, log, signal }: ElsewherePlace,
  options: ElsewhereOptions,
): Promise<AttemptResult> {
  if (signal.aborted) return { outcome: 'cancelled', hasReadParameters: false };
  const { timeout } = attempt.step;
  const limit = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let reported: AttemptResult | undefined;
  let problem: unknown;
  const take = (message: StepMessage): void => {
    switch (message.type) {
      case 'started':
        if (timeout !== undefined) timer = setTimeout(() => limit.abort(), timeout + timeoutGrace);
        break;
      case 'line':
        log.write(message.level, message.text);
        break;
      case 'ended':
        reported = readResult(message.result);
        break;
      case 'failed':
        problem = unrecordedError(message.error);
    }
  };
  try {
    await host.runTask(taskOf(attempt, options), {
      signal: AbortSignal.any([signal, limit.signal]),
      onMessage: (line) => {
        const message = readMessage(line);
        if (message === undefined) log.write('warn', line);
        else take(message);
      },
      onOutput: (stream, chunk) => log.writeChunk(stream, chunk),
    });
  } catch (error) {
    // Where in the host it was noticed tells nobody anything.
    const { stack: _, ...record } = recordedError(error);
    problem ??= unrecordedError(record);
  } finally {
    clearTimeout(timer);
  }
  if (reported?.outcome === 'completed' || (reported?.outcome === 'failed' && !signal.aborted)) return reported;
  const isCancelled = signal.aborted;
  const failure = limit.signal.aborted ? tookTooLong(attempt.step) : (problem ?? silentEnd(attempt));
  const metadata = await runner.giveUp(attempt, log, {
    failure: isCancelled ? undefined : failure,
    isCleanUpDue: reported === undefined,
    runSignal: signal,
  });
  // What it read of the parameters is not known.
  if (isCancelled) return { outcome: 'cancelled', hasReadParameters: true };
  return { outcome: 'failed', error: failure, metadata, hasReadParameters: true };
}

/** A message; `undefined` for a line that is none, as the last one of a process that was killed while it wrote. */
function readMessage(line: string): StepMessage | undefined {
  try {
    const message = JSON.parse(line) as Partial<StepMessage> | null;
    return message?.type === undefined ? undefined : (message as StepMessage);
  } catch {
    return undefined;
  }
}

/** How an attempt ended, as its process tells the one that holds the run. */
export function writeResult(result: AttemptResult): string {
  return devalue.stringify(result.outcome === 'failed' ? { ...result, error: recordedError(result.error) } : result);
}

function readResult(text: string): AttemptResult {
  const result = devalue.parse(text) as AttemptResult;
  return result.outcome === 'failed'
    ? { ...result, error: unrecordedError(result.error as Parameters<typeof unrecordedError>[0]) }
    : result;
}

function taskOf(
  { name, step, attempt, isLast, damaged }: StepAttempt,
  { lease, plan, runStore, stack }: ElsewhereOptions,
): StepTask {
  const { source, stepProgram } = addressOf(plan, runStore);
  const order: AttemptOrder = {
    lease,
    step: name,
    attempt,
    isLast,
    parameters: plan.parameters,
    config: recordedRunConfig(plan),
    code: step.code !== undefined && 'digest' in step.code ? step.code.digest : undefined,
    artifacts: maskSecrets(stack.artifactStore.root),
    damaged: [...damaged],
  };
  const { command, project } = stepProgram;
  const given: StepOrder = { project, source, stack: stack.name, attempt: order as unknown as JsonValue };
  return { command, order: JSON.stringify(given) };
}

function silentEnd({ name }: StepAttempt): StackError {
  return new StackError({
    code: 'STEP_PROCESS_ENDED',
    message: `The process of the step "${name}" ended by itself before the step was done.`,
    hint: 'Does it call process.exit? A step ends by returning.',
  });
}
