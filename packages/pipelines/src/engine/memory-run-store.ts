import {
  type ArtifactFilter,
  type ArtifactRecord,
  didYouMean,
  type RecordedError,
  type RunFilter,
  type RunRecord,
  type RunStart,
  type RunState,
  type RunStore,
  StackError,
  type StepChange,
  type StepRunRecord,
} from '@stack/core';

interface KeptRun {
  record: RunRecord;
  readonly steps: Map<string, StepRunRecord>;
  readonly artifacts: Map<string, readonly ArtifactRecord[]>;
}

const defaultLimit = 50;

/** Keeps runs in memory: they end with the process. What `pipeline.run` uses when it is given no other store. */
export class MemoryRunStore implements RunStore {
  readonly #runs = new Map<string, KeptRun>();

  async startRun({ id, name, stack, plan, metadata }: RunStart): Promise<void> {
    if (this.#runs.has(id) || [...this.#runs.values()].some(({ record }) => record.name === name)) {
      throw new StackError({
        code: 'ALREADY_EXISTS',
        message: `There is a run "${name}" already.`,
        hint: 'Give the run another name.',
      });
    }
    const steps = plan.steps.map(
      (step, index): StepRunRecord => ({
        runId: id,
        step: step.name,
        index,
        state: 'pending',
        attempt: 0,
        error: undefined,
        reason: undefined,
        metadata: {},
        startedAt: undefined,
        endedAt: undefined,
      }),
    );
    const record: RunRecord = {
      id,
      name,
      pipeline: plan.pipeline,
      stack,
      state: 'running',
      plan,
      error: undefined,
      metadata,
      startedAt: new Date(),
      endedAt: undefined,
    };
    this.#runs.set(id, { record, steps: new Map(steps.map((step) => [step.step, step])), artifacts: new Map() });
  }

  async recordStep(runId: string, step: string, change: StepChange): Promise<void> {
    const run = this.#runById(runId);
    const previous = run.steps.get(step);
    if (previous === undefined) {
      throw new StackError({ code: 'STEP_NOT_FOUND', message: `The run "${run.record.name}" has no step "${step}".` });
    }
    checkRunning(run.record);
    if (previous.endedAt !== undefined) {
      throw conflict(`The step "${step}" of the run "${run.record.name}" has ended: ${previous.state}.`);
    }
    if (change.state === 'running') {
      const { attempt } = change;
      if (attempt <= previous.attempt)
        throw conflict(`The attempt ${attempt} of the step "${step}" has begun already.`);
      run.steps.set(step, { ...previous, state: 'running', attempt, startedAt: previous.startedAt ?? new Date() });
      return;
    }
    const { artifacts, ...changed } = { artifacts: [], ...change };
    run.steps.set(step, { ...previous, ...changed, endedAt: new Date() });
    if (artifacts.length > 0) run.artifacts.set(step, artifacts);
  }

  async endRun(
    runId: string,
    { state, error }: { readonly state: Exclude<RunState, 'running'>; readonly error?: RecordedError },
  ): Promise<void> {
    const run = this.#runById(runId);
    checkRunning(run.record);
    run.record = { ...run.record, state, error, endedAt: new Date() };
  }

  async getRun(reference: string): Promise<RunRecord> {
    return this.#run(reference).record;
  }

  async listRuns({ pipeline, state, limit = defaultLimit }: RunFilter = {}): Promise<readonly RunRecord[]> {
    return [...this.#runs.values()]
      .map(({ record }) => record)
      .filter((record) => pipeline === undefined || record.pipeline === pipeline)
      .filter((record) => state === undefined || record.state === state)
      .reverse()
      .slice(0, limit);
  }

  async listStepRuns(runId: string): Promise<readonly StepRunRecord[]> {
    return [...this.#runById(runId).steps.values()];
  }

  async getArtifact(reference: string): Promise<ArtifactRecord> {
    const all = [...this.#runs.values()].flatMap(({ artifacts }) => [...artifacts.values()].flat());
    const found = all.filter(({ id }) => id.startsWith(reference));
    return only(found, { code: 'ARTIFACT_NOT_FOUND', message: `There is no artifact "${reference}".` }, reference);
  }

  async listArtifacts({ runId, step, limit = defaultLimit }: ArtifactFilter = {}): Promise<readonly ArtifactRecord[]> {
    const runs = runId === undefined ? [...this.#runs.values()] : [this.#runs.get(runId)];
    const artifacts = runs
      .filter((run) => run !== undefined)
      .flatMap((run) => (step === undefined ? [...run.artifacts.values()].flat() : (run.artifacts.get(step) ?? [])));
    return artifacts.reverse().slice(0, limit);
  }

  #runById(id: string): KeptRun {
    const run = this.#runs.get(id);
    if (run !== undefined) return run;
    throw new StackError({ code: 'RUN_NOT_FOUND', message: `There is no run "${id}".` });
  }

  #run(reference: string): KeptRun {
    const exact = this.#runs.get(reference);
    if (exact !== undefined) return exact;
    const runs = [...this.#runs.values()];
    const named = runs.find(({ record }) => record.name === reference);
    if (named !== undefined) return named;
    const hint = didYouMean(
      reference,
      runs.map(({ record }) => record.name),
    );
    const found = runs.filter(({ record }) => record.id.startsWith(reference));
    return only(found, { code: 'RUN_NOT_FOUND', message: `There is no run "${reference}".`, hint }, reference);
  }
}

function checkRunning({ name, state }: RunRecord): void {
  if (state !== 'running') throw conflict(`The run "${name}" has ended: ${state}.`);
}

function conflict(message: string): StackError {
  return new StackError({
    code: 'PRECONDITION_FAILED',
    message,
    hint: 'Something else recorded it first: see that the run is not executed twice.',
  });
}

function only<Item>(
  found: readonly Item[],
  notFound: ConstructorParameters<typeof StackError>[0],
  reference: string,
): Item {
  const [item, other] = found;
  if (item === undefined || reference === '') throw new StackError(notFound);
  if (other === undefined) return item;
  throw new StackError({
    code: 'AMBIGUOUS',
    message: `"${reference}" is the beginning of ${found.length} ids.`,
    hint: 'Give more of the id.',
  });
}
