import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import {
  type ArtifactFilter,
  type ArtifactPlace,
  type ArtifactRecord,
  artifactCollected,
  type ClaimOptions,
  type CondemnOptions,
  checkArtifactTag,
  type DeletedRun,
  didYouMean,
  isPlainObject,
  type JsonObject,
  type MetadataTarget,
  type NewArtifact,
  type Plan,
  parseArtifactReference,
  type RecordedError,
  type RetentionRule,
  type RunDeletion,
  type RunFence,
  type RunFilter,
  type RunLease,
  type RunRecord,
  type RunStart,
  type RunState,
  type RunStore,
  type RunSummary,
  type RunSummaryFilter,
  runEnded,
  runHeld,
  runLeaseLost,
  StackError,
  type StepCaching,
  type StepChange,
  type StepRunRecord,
  type TagChange,
} from '@stack/core';
import { sharedPlace } from '../artifacts/object-places.ts';
import { artifactObjects } from '../keeping/artifact-objects.ts';

interface KeptRun {
  record: RunRecord;
  /** Resolves when the run is given back; `undefined` while nobody holds it. */
  held: PromiseWithResolvers<void> | undefined;
  readonly steps: Map<string, StepRunRecord>;
}

const defaultLimit = 50;

export interface MemoryRunStoreOptions {
  /**
   * A folder of artifact stores for its artifacts alone, so that `collectArtifacts` can tell garbage. Default: a folder
   * that all runs in memory share.
   */
  readonly folder?: string | undefined;
}

/** Keeps runs in memory: they end with the process. What `pipeline.run` uses when it is given no other store. */
export class MemoryRunStore implements RunStore {
  readonly #runs = new Map<string, KeptRun>();
  readonly #digestKey = randomBytes(32).toString('hex');
  /** In the order in which they were recorded. */
  readonly #artifacts = new Map<string, ArtifactRecord>();
  /** Ids, by run and step: of a long run those of a step are asked for again and again. */
  readonly #artifactsOfSteps = new Map<string, string[]>();
  readonly #lastVersions = new Map<string, number>();
  readonly #folder: string | undefined;
  /**
   * Of an artifact of a deleted run that stays while it is used, as which runs took it: itself, or its list.
   */
  readonly #usedAs = new Map<string, string>();
  #retentionRules: readonly RetentionRule[] = [];
  readonly #condemned = new Set<string>();
  readonly #deletedRuns = new Map<string, Set<string>>();

  constructor({ folder }: MemoryRunStoreOptions = {}) {
    this.#folder = folder;
  }

  async startRun({ id, name, stack, plan, metadata }: RunStart): Promise<RunLease> {
    if (this.#runs.has(id) || [...this.#runs.values()].some(({ record }) => record.name === name)) {
      throw new StackError({
        code: 'ALREADY_EXISTS',
        message: `There is a run "${name}" already.`,
        hint: 'Give the run another name.',
      });
    }
    const steps = plan.steps.map((step, index) => pendingStep(id, step.name, index));
    const record: RunRecord = {
      id,
      name,
      pipeline: plan.pipeline,
      stack,
      state: 'running',
      plan,
      error: undefined,
      metadata,
      epoch: 0,
      holder: undefined,
      startedAt: new Date(),
      endedAt: undefined,
    };
    const run: KeptRun = {
      record,
      held: undefined,
      steps: new Map(steps.map((step) => [step.step, step])),
    };
    this.#runs.set(id, run);
    return take(run);
  }

  async claimRun(reference: string, { wait = false, signal }: ClaimOptions = {}): Promise<RunLease> {
    const run = this.#run(reference);
    while (run.record.state === 'running' && run.held !== undefined) {
      if (!wait) throw runHeld(run.record.name, 'this process');
      await orAborted(run.held.promise, signal);
    }
    if (run.record.state !== 'running') throw runEnded(run.record.name, run.record.state);
    for (const [name, step] of run.steps) {
      if (step.state !== 'running') continue;
      run.steps.set(name, { ...step, state: 'pending', interruptions: step.interruptions + 1 });
    }
    return take(run);
  }

  async recordItems(fence: RunFence, step: string, items: readonly string[]): Promise<void> {
    const run = this.#fencedRun(fence);
    const mapped = stepOf(run, step);
    checkRunning(run.record);
    if (mapped.state !== 'pending')
      throw conflict(`The step "${step}" of the run "${run.record.name}" is ${mapped.state}.`);
    const { startedAt = new Date() } = mapped;
    run.steps.set(step, { ...mapped, state: 'running', attempt: mapped.attempt + 1, startedAt });
    for (const [item, name] of items.entries()) {
      if (!run.steps.has(name)) run.steps.set(name, pendingStep(run.record.id, name, mapped.index, item));
    }
  }

  async recordPlan(fence: RunFence, plan: Plan): Promise<void> {
    const run = this.#fencedRun(fence);
    checkRunning(run.record);
    run.record = { ...run.record, plan };
  }

  async recordStep(fence: RunFence, step: string, change: StepChange): Promise<readonly ArtifactRecord[]> {
    const run = this.#fencedRun(fence);
    const previous = openStepOf(run, step);
    if (change.state === 'running') {
      run.steps.set(step, begunStep(previous, change.attempt));
      return [];
    }
    if (change.state !== 'completed') {
      run.steps.set(step, { ...previous, ...change, endedAt: new Date() });
      return [];
    }
    const { artifacts, inputs = [], runMetadata, next, ...changed } = change;
    this.#checkNotCondemned(artifacts);
    if (next?.step === step) throw conflict(`The step "${step}" cannot start with its own end: it is completed.`);
    const begun = next && begunStep(openStepOf(run, next.step), next.attempt);
    run.steps.set(step, { ...previous, ...changed, inputs, endedAt: new Date() });
    if (begun !== undefined) run.steps.set(begun.step, begun);
    if (runMetadata !== undefined) {
      run.record = { ...run.record, metadata: withLogged(run.record.metadata, runMetadata) };
    }
    return artifacts.map((artifact) => this.#add(artifact));
  }

  async endRun(
    fence: RunFence,
    { state, error }: { readonly state: Exclude<RunState, 'running'>; readonly error?: RecordedError },
  ): Promise<void> {
    const run = this.#fencedRun(fence);
    checkRunning(run.record);
    run.record = { ...run.record, state, error, endedAt: new Date() };
    giveBack(run);
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
    return inOrder(this.#runById(runId).steps);
  }

  async findCached(keys: readonly string[]): Promise<StepRunRecord | undefined> {
    const steps = [...this.#runs.values()].reverse().flatMap((run) => [...run.steps.values()]);
    return steps.find(({ state, caching }) => state === 'completed' && keys.includes(keyOf(caching) ?? ''));
  }

  async digestKey(): Promise<string> {
    return this.#digestKey;
  }

  async saveArtifact(artifact: NewArtifact): Promise<ArtifactRecord> {
    this.#checkNotCondemned([artifact]);
    return this.#add(artifact);
  }

  async addMetadata(target: MetadataTarget, metadata: JsonObject): Promise<void> {
    if ('artifact' in target) {
      const artifact = await this.getArtifact(target.artifact);
      this.#artifacts.set(artifact.id, { ...artifact, metadata: { ...artifact.metadata, ...metadata } });
      return;
    }
    const run = this.#run(target.run);
    if (target.step === undefined) {
      run.record = { ...run.record, metadata: withLogged(run.record.metadata, metadata) };
      return;
    }
    const step = stepOf(run, target.step);
    run.steps.set(step.step, { ...step, metadata: withLogged(step.metadata, metadata) });
  }

  async changeTags(reference: string, { add = [], remove = [] }: TagChange): Promise<ArtifactRecord> {
    const artifact = await this.getArtifact(reference);
    for (const tag of add) checkArtifactTag(tag);
    const { id, name, version, tags } = artifact;
    const missing = remove.filter((tag) => !tags.includes(tag));
    if (missing.length > 0) {
      const message = `The artifact ${name}@${version} does not have the tags ${missing.join(', ')}.`;
      throw new StackError({ code: 'ARGUMENT_INVALID', message });
    }
    this.#takeTags(name, add);
    const changed = [...new Set([...tags, ...add])].filter((tag) => !remove.includes(tag)).toSorted();
    const tagged = { ...artifact, tags: changed };
    this.#artifacts.set(id, tagged);
    return tagged;
  }

  async getArtifact(reference: string): Promise<ArtifactRecord> {
    const { name, version, tag } = parseArtifactReference(reference);
    const all = [...this.#artifacts.values()].reverse();
    const named = all.filter((artifact) => artifact.name === name);
    const isSelected = (artifact: ArtifactRecord) =>
      tag === undefined ? artifact.version === (version ?? artifact.version) : artifact.tags.includes(tag);
    const found = this.#artifacts.get(reference) ?? named.find(isSelected);
    if (found !== undefined) return found;
    const begun = all.filter(({ id }) => id.startsWith(reference));
    return only(begun, { code: 'ARTIFACT_NOT_FOUND', message: `There is no artifact "${reference}".` }, reference);
  }

  async listArtifacts(filter: ArtifactFilter = {}): Promise<readonly ArtifactRecord[]> {
    const { runId, step, name, after, limit = defaultLimit } = filter;
    const ofStep = () => this.#artifactsOfSteps.get(`${runId}/${step}`) ?? [];
    const ids = runId !== undefined && step !== undefined ? ofStep() : [...this.#artifacts.keys()];
    const end = after === undefined ? ids.length : ids.indexOf((await this.getArtifact(after)).id);
    return ids
      .slice(0, end)
      .map((id) => this.#artifacts.get(id))
      .filter((artifact) => artifact !== undefined)
      .filter((artifact) => runId === undefined || artifact.runId === runId)
      .filter((artifact) => step === undefined || artifact.step === step)
      .filter((artifact) => name === undefined || artifact.name === name)
      .reverse()
      .slice(0, limit);
  }

  async summarizeRuns({ pipeline, state, before }: RunSummaryFilter = {}): Promise<readonly RunSummary[]> {
    const runs = await this.listRuns({ pipeline, state, limit: Number.POSITIVE_INFINITY });
    return runs.filter((run) => before === undefined || (run.endedAt ?? run.startedAt) < before).map(summaryOf);
  }

  async deleteRun(
    reference: string,
    { logStore, keepArtifacts = false, deleteTagged = false, dryRun = false }: RunDeletion = {},
  ): Promise<DeletedRun> {
    const run = this.#run(reference);
    const { record } = run;
    if (run.held !== undefined) throw runHeld(record.name, 'this process');
    const artifacts = [...this.#artifacts.values()].filter(({ runId }) => runId === record.id);
    const isWanted = ({ tags }: ArtifactRecord) => keepArtifacts || (!deleteTagged && tags.length > 0);
    const others = [...this.#runs.values()].filter((other) => other !== run);
    const kept = new Map<ArtifactRecord, string | undefined>();
    for (const artifact of artifacts.filter((one) => isWanted(one) || isUsed(one.id, others))) {
      const usedAs = isWanted(artifact) ? undefined : artifact.id;
      for (const part of [artifact, ...itemsOf(run, artifact, artifacts)]) kept.set(part, usedAs);
    }
    const isReleased = ({ id, tags }: ArtifactRecord) => {
      const usedAs = this.#usedAs.get(id);
      return usedAs !== undefined && !isUsed(usedAs, others) && !keepArtifacts && tags.length === 0;
    };
    const gone = [
      ...artifacts.filter((artifact) => !kept.has(artifact)),
      ...[...this.#artifacts.values()].filter(isReleased),
    ];
    if (!dryRun) {
      this.#runs.delete(record.id);
      for (const { id } of gone) {
        this.#artifacts.delete(id);
        this.#usedAs.delete(id);
      }
      for (const [artifact, usedAs] of kept) {
        this.#artifacts.set(artifact.id, { ...artifact, runId: undefined, step: undefined, output: undefined });
        if (usedAs !== undefined) this.#usedAs.set(artifact.id, usedAs);
      }
      for (const { step } of artifacts) this.#artifactsOfSteps.delete(`${record.id}/${step}`);
      const components = artifacts.map(({ store }) => store.component);
      this.#deletedRuns.set(record.id, new Set(logStore === undefined ? components : [...components, logStore]));
    }
    const byStore = Map.groupBy(gone, ({ store }) => `${store.component}\n${store.root}`);
    return {
      ...summaryOf(record),
      artifacts: gone.length,
      keptArtifacts: kept.size,
      objects: [...byStore.values()].flatMap((ofStore) => {
        const [first] = ofStore;
        const paths = new Set(ofStore.flatMap(artifactObjects).map(({ path }) => path));
        return first === undefined ? [] : [{ store: first.store, paths: [...paths] }];
      }),
    };
  }

  async listDeletedRuns(component: string): Promise<readonly string[]> {
    return [...this.#deletedRuns].filter(([, components]) => components.has(component)).map(([runId]) => runId);
  }

  async forgetDeletedRun(runId: string, component: string): Promise<void> {
    this.#deletedRuns.get(runId)?.delete(component);
  }

  async retentionRules(): Promise<readonly RetentionRule[]> {
    return this.#retentionRules;
  }

  async putRetentionRules(rules: readonly RetentionRule[]): Promise<void> {
    this.#retentionRules = rules;
  }

  async artifactPlace(): Promise<ArtifactPlace> {
    const isCollected = this.#condemned.size > 0;
    return { folder: this.#folder ?? sharedPlace.folder, isOwn: this.#folder !== undefined, isCollected };
  }

  async condemnObjects(paths: readonly string[], { dryRun = false }: CondemnOptions = {}): Promise<readonly string[]> {
    const referenced = new Set([...this.#artifacts.values()].flatMap(artifactObjects).map(({ path }) => path));
    const unreferenced = paths.filter((path) => !referenced.has(path));
    // Kept to the end: the process is not expected to live for days.
    if (!dryRun) for (const path of unreferenced) this.#condemned.add(path);
    return unreferenced;
  }

  async findCondemned(paths: readonly string[]): Promise<readonly string[]> {
    return paths.filter((path) => this.#condemned.has(path));
  }

  #checkNotCondemned(artifacts: readonly NewArtifact[]): void {
    const paths = new Set(artifacts.flatMap(artifactObjects).map(({ path }) => path));
    const condemned = [...paths].filter((path) => this.#condemned.has(path));
    if (condemned.length > 0) throw artifactCollected(condemned);
  }

  async listLoads(id: string): Promise<readonly StepRunRecord[]> {
    return this.#stepRuns().filter(({ inputs }) =>
      inputs.some(({ artifactId, isLoaded }) => isLoaded && artifactId === id),
    );
  }

  async listReuses({ runId, step }: StepRunRecord): Promise<readonly StepRunRecord[]> {
    return this.#stepRuns().filter(
      ({ caching }) => caching?.state === 'cached' && caching.from.runId === runId && caching.from.step === step,
    );
  }

  #stepRuns(): readonly StepRunRecord[] {
    return [...this.#runs.values()].flatMap(({ steps }) => inOrder(steps));
  }

  #takeTags(name: string, taken: readonly string[]): void {
    for (const artifact of this.#artifacts.values()) {
      if (artifact.name !== name || !artifact.tags.some((tag) => taken.includes(tag))) continue;
      this.#artifacts.set(artifact.id, { ...artifact, tags: artifact.tags.filter((tag) => !taken.includes(tag)) });
    }
  }

  #add(artifact: NewArtifact): ArtifactRecord {
    const version = (this.#lastVersions.get(artifact.name) ?? 0) + 1;
    this.#lastVersions.set(artifact.name, version);
    this.#takeTags(artifact.name, artifact.tags);
    const recorded = { ...artifact, version };
    this.#artifacts.set(artifact.id, recorded);
    if (artifact.runId !== undefined && artifact.step !== undefined) {
      const key = `${artifact.runId}/${artifact.step}`;
      const ofStep = this.#artifactsOfSteps.get(key) ?? [];
      ofStep.push(artifact.id);
      this.#artifactsOfSteps.set(key, ofStep);
    }
    return recorded;
  }

  #fencedRun({ runId, epoch }: RunFence): KeptRun {
    const run = this.#runById(runId);
    if (run.record.epoch !== epoch) throw runLeaseLost(run.record.name);
    return run;
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

/** Nothing takes a run of this process from whoever has it: a lease in memory is never lost. */
function take(run: KeptRun): RunLease {
  const epoch = run.record.epoch + 1;
  run.held = Promise.withResolvers();
  run.record = {
    ...run.record,
    epoch,
    holder: { host: hostname(), pid: process.pid, since: new Date(), hasEnded: false },
  };
  return {
    runId: run.record.id,
    epoch,
    lost: new AbortController().signal,
    keepWhileBusy: () => {},
    [Symbol.asyncDispose]: async () => {
      if (run.record.epoch === epoch) giveBack(run);
    },
  };
}

function giveBack(run: KeptRun): void {
  run.held?.resolve();
  run.held = undefined;
  run.record = { ...run.record, holder: undefined };
}

async function orAborted(promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return promise;
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function pendingStep(runId: string, step: string, index: number, item?: number): StepRunRecord {
  return {
    runId,
    step,
    index,
    item,
    state: 'pending',
    attempt: 0,
    interruptions: 0,
    error: undefined,
    reason: undefined,
    caching: undefined,
    inputs: [],
    metadata: {},
    startedAt: undefined,
    endedAt: undefined,
  };
}

function stepOf({ record, steps }: KeptRun, step: string): StepRunRecord {
  const found = steps.get(step);
  if (found !== undefined) return found;
  throw new StackError({ code: 'STEP_NOT_FOUND', message: `The run "${record.name}" has no step "${step}".` });
}

/** A step that has not ended, of a run that has not. */
function openStepOf(run: KeptRun, name: string): StepRunRecord {
  const step = stepOf(run, name);
  checkRunning(run.record);
  if (step.endedAt === undefined) return step;
  throw conflict(`The step "${name}" of the run "${run.record.name}" has ended: ${step.state}.`);
}

function begunStep(step: StepRunRecord, attempt: number): StepRunRecord {
  if (attempt <= step.attempt) throw conflict(`The attempt ${attempt} of the step "${step.step}" has begun already.`);
  return { ...step, state: 'running', attempt, startedAt: step.startedAt ?? new Date() };
}

function summaryOf({ id, name, pipeline, state, startedAt, endedAt }: RunRecord): RunSummary {
  return { id, name, pipeline, state, startedAt, endedAt };
}

/** The artifacts that the list of a mapped step refers to: those of its items. Other artifacts refer to none. */
function itemsOf(
  { steps }: KeptRun,
  list: ArtifactRecord,
  artifacts: readonly ArtifactRecord[],
): readonly ArtifactRecord[] {
  const stepOfArtifact = ({ step = '' }: ArtifactRecord) => steps.get(step);
  if (stepOfArtifact(list)?.item !== undefined) return [];
  return artifacts.filter((artifact) => {
    const step = stepOfArtifact(artifact);
    const isOfList = step?.index === stepOfArtifact(list)?.index && artifact.output === list.output;
    return step?.item !== undefined && isOfList;
  });
}

/** Whether a step of these runs took an artifact that need not be of its run. */
function isUsed(artifactId: string, runs: readonly KeptRun[]): boolean {
  const inputs = runs.flatMap(({ steps }) => [...steps.values()].flatMap((step) => step.inputs));
  return inputs.some((input) => input.isLoaded && input.artifactId === artifactId);
}

function inOrder(steps: ReadonlyMap<string, StepRunRecord>): readonly StepRunRecord[] {
  return [...steps.values()].toSorted((a, b) => a.index - b.index || (a.item ?? -1) - (b.item ?? -1));
}

function withLogged(present: JsonObject, added: JsonObject): JsonObject {
  return { ...present, logged: { ...(isPlainObject(present.logged) ? present.logged : {}), ...added } };
}

function keyOf(caching: StepCaching | undefined): string | undefined {
  return caching === undefined || caching.state === 'off' ? undefined : caching.key;
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
