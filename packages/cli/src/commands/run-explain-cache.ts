import type { RunRecord, StepRunRecord } from '@stack/core';
import { StackError } from '@stack/core/errors';
import { type CacheChange, type CacheExplanation, type ExplainedRun, explainCaching } from '@stack/pipelines';
import type { Project } from '@stack/project';
import { chooseStepRuns } from '../choose-step-runs.ts';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { renderTable } from '../output/table.ts';

/** How many runs of a pipeline are looked through for an earlier one of a step. */
const earlierRuns = 200;

export async function run(invocation: Invocation): Promise<CommandOutput> {
  await using project = await openProjectHere(invocation);
  const record = await project.runs.getRun(invocation.positional('RUN'));
  const steps = chooseStepRuns(record, await project.runs.listStepRuns(record.id), invocation.positional('STEP'));

  const history = new StepHistory(project, record);
  const explained = [];
  for (const step of steps) {
    const earlier = await history.find(step);
    const explanation = explainCaching({ run: record, step }, earlier);
    const from = step.caching?.state === 'cached' ? step.caching.from : undefined;
    explained.push({
      step: step.step,
      ...explanation,
      ...(from === undefined
        ? {}
        : { from: { run: await runName(project, from.runId), step: from.step, computedAt: from.computedAt } }),
      ...(explanation.changes.length === 0 || earlier === undefined ? {} : { comparedWith: earlier.run.name }),
    });
  }
  const rows = explained.map((one) => [one.step, shownState(one), explanationText(one)]);
  return {
    data: { run: record.name, steps: explained },
    text: renderTable(['STEP', 'RESULT', 'WHY'], rows, invocation.screen),
  };
}

/** Finds the newest run of a step before another that completed with a cache key. */
class StepHistory {
  readonly #project: Project;
  readonly #record: RunRecord;
  #runs: Promise<readonly RunRecord[]> | undefined;
  readonly #steps = new Map<string, Promise<readonly StepRunRecord[]>>();

  constructor(project: Project, record: RunRecord) {
    this.#project = project;
    this.#record = record;
  }

  async find({ step: name, caching }: StepRunRecord): Promise<ExplainedRun | undefined> {
    if (caching?.state !== 'computed') return undefined;
    this.#runs ??= this.#listEarlier();
    for (const run of await this.#runs) {
      const steps = this.#steps.get(run.id) ?? this.#project.runs.listStepRuns(run.id);
      this.#steps.set(run.id, steps);
      const step = (await steps).find((other) => other.step === name);
      if (step?.state === 'completed' && step.caching !== undefined && step.caching.state !== 'off')
        return { run, step };
    }
    return undefined;
  }

  async #listEarlier(): Promise<readonly RunRecord[]> {
    const { pipeline, id } = this.#record;
    const runs = await this.#project.runs.listRuns({ pipeline, limit: earlierRuns });
    return runs.slice(runs.findIndex((other) => other.id === id) + 1);
  }
}

interface ShownExplanation extends CacheExplanation {
  readonly from?: { readonly run: string; readonly step: string };
  readonly comparedWith?: string;
}

function shownState({ state }: ShownExplanation): string {
  return state === 'computed' ? 'ran' : state === 'off' ? 'ran, never cached' : state === 'none' ? '' : state;
}

function explanationText({ from, reason, comparedWith, changes }: ShownExplanation): string {
  if (from !== undefined) return `that of the step ${from.step} of the run ${from.run}`;
  if (changes.length === 0) return reason ?? '';
  return `since ${comparedWith}: ${changes.map(changeText).join('; ')}`;
}

function changeText({ kind, name, change, before, after }: CacheChange): string {
  const subject = kind === 'other' || kind === 'code' ? name : `${kind} ${name}`;
  return before !== undefined && after !== undefined ? `${subject} ${before} is ${after}` : `${subject} ${change}`;
}

async function runName(project: Project, id: string): Promise<string> {
  try {
    return (await project.runs.getRun(id)).name;
  } catch (error) {
    // It may be gone, while its artifacts are referred to by others.
    if (StackError.is(error, 'RUN_NOT_FOUND')) return id;
    throw error;
  }
}
