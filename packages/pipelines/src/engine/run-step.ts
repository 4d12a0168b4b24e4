import { maskSecrets, type Plan, type PlanStep, StackError, type StepPlace } from '@stack/core';
import type { LoadValueOptions } from '../artifacts/artifact-content.ts';
import { ObjectPlaces } from '../artifacts/object-places.ts';
import { planCode } from '../code-identity/plan-code.ts';
import { LineLog } from '../logs/line-log.ts';
import type { LogLevel } from '../logs/output-capture.ts';
import { type AttemptOrder, writeResult } from './attempt-elsewhere.ts';
import type { RunArtifacts } from './load-inputs.ts';
import { openMappedList, parseItemName } from './mapped-items.ts';
import type { CompiledPipeline } from './run-pipeline.ts';
import { settingsOfRun } from './settings-of-run.ts';
import { StepArtifacts } from './step-artifacts.ts';
import { AttemptRunner } from './step-attempt.ts';

/** The log of a step whose lines another process keeps. */
class SentLog extends LineLog {
  readonly #send: StepPlace['send'];

  constructor(send: StepPlace['send']) {
    super();
    this.#send = send;
  }

  end(): void {
    this.endLines();
  }

  protected override append(level: LogLevel, text: string): void {
    this.#send({ type: 'line', level, text });
  }
}

/**
 * Runs one attempt of a step, as the process does that holds the run, but for what it decides and records.
 *
 * @param compiled the pipeline of the run, with the parameters and settings of the order
 * @throws RUN_CODE_CHANGED when the code is not that of the run any more
 */
export async function runStep(
  compiled: CompiledPipeline,
  order: AttemptOrder,
  { stack, runStore, openArtifactStore, signal, send }: StepPlace,
): Promise<void> {
  const { definitions, materializers } = compiled;
  const { runId } = order.lease;
  const settings = await settingsOfRun(stack, compiled);
  const { plan } = settings;
  checkArtifactStore(order, stack.artifactStore.root);
  const item = parseItemName(order.step);
  const step = await checkedStep(compiled, plan, order, item?.step ?? order.step);
  const run: RunArtifacts = {
    runId,
    runStore,
    stepArtifacts: new StepArtifacts(runId, runStore),
    stack,
    openArtifactStore,
    materializers,
  };
  const runner = new AttemptRunner({ ...run, plan, definitions, settings }, new ObjectPlaces(runStore));
  const { map } = step;
  const loadItem =
    item === undefined || map === undefined
      ? undefined
      : async (options: LoadValueOptions) => (await openMappedList(map, run, signal)).load(item.index, options);
  const { step: name, attempt, isLast } = order;
  const log = new SentLog(send);
  send({ type: 'started' });
  const damaged = new Set(order.damaged);
  const result = await runner.run({ name, step, attempt, isLast, loadItem, damaged }, log, signal);
  log.end();
  send({ type: 'ended', result: writeResult(result) });
}

/** A file may have changed since the run started, and its results are kept as those of the code that it started with. */
async function checkedStep(
  { definitions, origin }: CompiledPipeline,
  plan: Plan,
  { code }: AttemptOrder,
  name: string,
): Promise<PlanStep> {
  const step = plan.steps.find((candidate) => candidate.name === name);
  const definition = definitions.get(name);
  if (step === undefined || definition === undefined) {
    throw codeChanged(`The pipeline "${plan.pipeline}" has no step "${name}" any more.`);
  }
  if (code === undefined) return step;
  // What the files hold is compared with the plan, so that it need not be known when they were changed: the clock may be wrong.
  const undated = { ...definition, origin: { ...definition.origin, at: Number.POSITIVE_INFINITY } };
  const { steps } = await planCode({ ...plan, steps: [step] }, new Map([[name, undated]]), origin);
  const present = steps[0]?.code;
  if (present !== undefined && 'digest' in present && present.digest === code) return step;
  throw codeChanged(`The code of the step "${name}" has changed since its run was started or went on.`);
}

function codeChanged(message: string): StackError {
  return new StackError({
    code: 'RUN_CODE_CHANGED',
    message,
    hint: 'Leave the code as it is while a run goes on whose steps run in processes of their own, or run the pipeline again.',
  });
}

function checkArtifactStore({ artifacts }: AttemptOrder, root: string): void {
  if (maskSecrets(root) === artifacts) return;
  throw new StackError({
    code: 'PIPELINE_NOT_ADDRESSABLE',
    message: `The stack of the run has its artifacts in ${artifacts}, and the stack of this name in the project in ${maskSecrets(root)}.`,
    hint: 'Run the pipeline on a stack of the project: await project.stacks.open(NAME).',
  });
}
