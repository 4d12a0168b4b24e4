import { type ArtifactRecord, type RunStore, StackError, type StepInput, type StepRunRecord } from '@stack/core';
import { parseItemName } from '../engine/mapped-items.ts';

/** What an artifact was made from, and what was made from it, across runs. */
export interface Lineage {
  /** The artifact that it is of. */
  readonly artifact: LineageArtifact;
  /** That artifact first, each once. */
  readonly artifacts: readonly LineageArtifact[];
  readonly links: readonly LineageLink[];
}

export interface LineageArtifact {
  readonly id: string;
  /** `undefined` for one that is deleted. */
  readonly name: string | undefined;
  readonly version: number | undefined;
  /** The step that stored it; `undefined` for one that was stored outside a run. */
  readonly madeBy: LineageStep | undefined;
}

export interface LineageStep {
  readonly runId: string;
  /** Name of the run; its id when the run is deleted. */
  readonly run: string;
  readonly step: string;
}

/** One artifact was made from another. */
export interface LineageLink {
  /** Id of an artifact. */
  readonly from: string;
  /** Id of the artifact that was made from it. */
  readonly to: string;
  /**
   * `input`: a step took one and stored the other. `condition`: the step that stored the other ran because of what one says.
   * `cached`: the other is the same result, taken from the cache. `item`: the other is the list of what the items of a mapped
   * step stored.
   */
  readonly kind: 'input' | 'condition' | 'cached' | 'item';
  /** Name of the input; of what a step loaded by itself the reference that it gave. */
  readonly input?: string;
}

export interface LineageOptions {
  /** Whether to tell what it was made from. Default `true`. */
  readonly up?: boolean;
  /** Whether to tell what was made from it. Default `true`. */
  readonly down?: boolean;
}

/**
 * Traces an artifact: through the steps that made it and took it, the runs that these are of, and the results that were taken
 * from the cache, which lead to the run that computed them. A list that a mapped step made is made from its items, and these from
 * what each took.
 *
 * @param reference an id, a name for the newest artifact of it, `NAME@3` or `NAME@TAG`
 * @throws ARTIFACT_NOT_FOUND, AMBIGUOUS, ARGUMENT_INVALID
 */
export async function traceLineage(
  runStore: RunStore,
  reference: string,
  { up = true, down = true }: LineageOptions = {},
): Promise<Lineage> {
  const trace = new Trace(runStore);
  const artifact = await runStore.getArtifact(reference);
  if (up) await trace.follow(artifact, (one) => trace.sourcesOf(one));
  if (down) await trace.follow(artifact, (one) => trace.productsOf(one));
  return trace.lineageOf(artifact);
}

/** An artifact at the other end of a link; its id where it is deleted. */
interface Neighbour {
  readonly artifact: ArtifactRecord | string;
  readonly link: LineageLink;
}

class Trace {
  readonly #runStore: RunStore;
  readonly #found = new Map<string, LineageArtifact>();
  readonly #links = new Map<string, LineageLink>();
  readonly #runs = new Map<string, Promise<TracedRun>>();

  constructor(runStore: RunStore) {
    this.#runStore = runStore;
  }

  /** Goes on in one direction until nothing is new. */
  async follow(start: ArtifactRecord, neighboursOf: (artifact: ArtifactRecord) => Promise<readonly Neighbour[]>) {
    const visited = new Set<string>();
    const open = [start];
    for (let artifact = open.shift(); artifact !== undefined; artifact = open.shift()) {
      if (visited.has(artifact.id)) continue;
      visited.add(artifact.id);
      for (const { artifact: other, link } of await neighboursOf(artifact)) {
        this.#links.set(JSON.stringify(link), link);
        if (typeof other === 'string') this.#found.set(other, deletedArtifact(other));
        else {
          this.#found.set(other.id, await this.#describe(other));
          open.push(other);
        }
      }
    }
  }

  async lineageOf(artifact: ArtifactRecord): Promise<Lineage> {
    const described = await this.#describe(artifact);
    const others = [...this.#found.values()].filter(({ id }) => id !== artifact.id);
    return { artifact: described, artifacts: [described, ...others], links: [...this.#links.values()] };
  }

  async sourcesOf(artifact: ArtifactRecord): Promise<readonly Neighbour[]> {
    const { id: to, runId } = artifact;
    const run = runId === undefined ? undefined : await this.#run(runId);
    const stepRun = run?.stepRunOf(artifact);
    if (run === undefined || stepRun === undefined) return [];
    const items = run.itemsOf(artifact);
    const sources: Neighbour[] = items.map((item) => ({ artifact: item, link: { from: item.id, to, kind: 'item' } }));
    const computed = await this.#computedOf(artifact, stepRun);
    if (computed !== undefined) sources.push({ artifact: computed, link: { from: computed.id, to, kind: 'cached' } });
    for (const input of stepRun.inputs) {
      const { artifactId: from, isCondition } = input;
      // What the items took is told of them, and of what was not computed where it was.
      if (!isCondition && (items.length > 0 || computed !== undefined)) continue;
      sources.push({ artifact: await this.#find(from, run), link: { from, to, ...linkOf(input) } });
    }
    return sources;
  }

  async productsOf(artifact: ArtifactRecord): Promise<readonly Neighbour[]> {
    const { id: from, runId } = artifact;
    const products: Neighbour[] = [];
    for (const use of await this.#usesOf(artifact)) {
      const run = await this.#run(use.runId);
      for (const product of run.artifactsOf(use.step)) {
        const isOfItems = run.itemsOf(product).length > 0;
        for (const input of use.inputs) {
          if (input.artifactId !== from || (isOfItems && !input.isCondition)) continue;
          products.push({ artifact: product, link: { from, to: product.id, ...linkOf(input) } });
        }
      }
    }
    const run = runId === undefined ? undefined : await this.#run(runId);
    const stepRun = run?.stepRunOf(artifact);
    if (run === undefined || stepRun === undefined) return products;
    for (const reuse of await this.#runStore.listReuses(stepRun)) {
      const same = (await this.#run(reuse.runId)).sameAs(artifact, reuse.step);
      if (same !== undefined) products.push({ artifact: same, link: { from, to: same.id, kind: 'cached' } });
    }
    const list = run.listOf(artifact);
    if (list !== undefined) products.push({ artifact: list, link: { from, to: list.id, kind: 'item' } });
    return products;
  }

  async #usesOf({ id, runId }: ArtifactRecord): Promise<readonly StepRunRecord[]> {
    const ofRun = runId === undefined ? [] : (await this.#run(runId)).usesOf(id);
    const loads = await this.#runStore.listLoads(id);
    return [...ofRun, ...loads.filter((use) => use.runId !== runId)];
  }

  /** What a result was taken from that came from the cache, while that is there. */
  async #computedOf(artifact: ArtifactRecord, { caching }: StepRunRecord): Promise<ArtifactRecord | undefined> {
    if (caching?.state !== 'cached') return undefined;
    return (await this.#run(caching.from.runId)).sameAs(artifact, caching.from.step);
  }

  #run(id: string): Promise<TracedRun> {
    const known = this.#runs.get(id) ?? readRun(this.#runStore, id);
    this.#runs.set(id, known);
    return known;
  }

  async #find(id: string, run: TracedRun): Promise<ArtifactRecord | string> {
    return run.artifact(id) ?? orIfGone(this.#runStore.getArtifact(id), id);
  }

  async #describe({ id, name, version, runId, step }: ArtifactRecord): Promise<LineageArtifact> {
    const madeBy =
      runId === undefined || step === undefined ? undefined : { runId, run: (await this.#run(runId)).name, step };
    return { id, name, version, madeBy };
  }
}

function linkOf({ input, isCondition }: StepInput): Pick<LineageLink, 'kind' | 'input'> {
  return isCondition ? { kind: 'condition' } : { kind: 'input', input };
}

/** A run, read at once: of a mapped step, each item would else be asked for. */
class TracedRun {
  /** Its id when it is deleted. */
  readonly name: string;
  readonly #stepRuns: ReadonlyMap<string, StepRunRecord>;
  /** By the id of each artifact, the step runs that took it. */
  readonly #uses: ReadonlyMap<string, readonly StepRunRecord[]>;
  readonly #artifacts: ReadonlyMap<string, ArtifactRecord>;
  readonly #byStep: ReadonlyMap<string | undefined, readonly ArtifactRecord[]>;
  /** Of each mapped step, what its items stored. */
  readonly #byMappedStep: ReadonlyMap<string | undefined, readonly ArtifactRecord[]>;

  constructor(name: string, stepRuns: readonly StepRunRecord[], artifacts: readonly ArtifactRecord[]) {
    this.name = name;
    this.#stepRuns = new Map(stepRuns.map((stepRun) => [stepRun.step, stepRun]));
    this.#uses = usesOf(stepRuns);
    this.#artifacts = new Map(artifacts.map((artifact) => [artifact.id, artifact]));
    this.#byStep = Map.groupBy(artifacts, ({ step }) => step);
    this.#byMappedStep = Map.groupBy(artifacts, (artifact) => mappedStepOf(artifact));
  }

  artifact(id: string): ArtifactRecord | undefined {
    return this.#artifacts.get(id);
  }

  stepRunOf({ step = '' }: ArtifactRecord): StepRunRecord | undefined {
    return this.#stepRuns.get(step);
  }

  usesOf(artifactId: string): readonly StepRunRecord[] {
    return this.#uses.get(artifactId) ?? [];
  }

  artifactsOf(step: string): readonly ArtifactRecord[] {
    return this.#byStep.get(step) ?? [];
  }

  /** What is in a list that a mapped step made. */
  itemsOf({ step, output }: ArtifactRecord): readonly ArtifactRecord[] {
    if (output === undefined) return [];
    return (this.#byMappedStep.get(step) ?? []).filter((item) => item.output === output);
  }

  /** The list that what an item of a mapped step stored is in. */
  listOf(artifact: ArtifactRecord): ArtifactRecord | undefined {
    const { output } = artifact;
    const mapped = mappedStepOf(artifact);
    if (mapped === undefined || output === undefined) return undefined;
    return this.artifactsOf(mapped).find((list) => list.output === output);
  }

  /** What a step of the same result stored in the place of an artifact. */
  sameAs({ name, output }: ArtifactRecord, step: string): ArtifactRecord | undefined {
    return this.artifactsOf(step).find(
      (other) => other.output === output && (output !== undefined || other.name === name),
    );
  }
}

function usesOf(stepRuns: readonly StepRunRecord[]): ReadonlyMap<string, readonly StepRunRecord[]> {
  const taken = stepRuns.flatMap((use) =>
    [...new Set(use.inputs.map(({ artifactId }) => artifactId))].map((id) => ({ id, use })),
  );
  const byArtifact = Map.groupBy(taken, ({ id }) => id);
  return new Map([...byArtifact].map(([id, uses]) => [id, uses.map(({ use }) => use)]));
}

function mappedStepOf({ step = '' }: ArtifactRecord): string | undefined {
  return parseItemName(step)?.step;
}

async function readRun(runStore: RunStore, id: string): Promise<TracedRun> {
  const run = await orIfGone(runStore.getRun(id), undefined);
  if (run === undefined) return new TracedRun(id, [], []);
  const stepRuns = await orIfGone(runStore.listStepRuns(id), []);
  const newestFirst = await runStore.listArtifacts({ runId: id, limit: Number.MAX_SAFE_INTEGER });
  return new TracedRun(run.name, stepRuns, newestFirst.toReversed());
}

function deletedArtifact(id: string): LineageArtifact {
  return { id, name: undefined, version: undefined, madeBy: undefined };
}

/** Runs and artifacts may be deleted that others refer to. */
async function orIfGone<Value, Other = Value>(found: Promise<Value>, otherwise: Other): Promise<Value | Other> {
  try {
    return await found;
  } catch (error) {
    if (StackError.is(error, 'RUN_NOT_FOUND') || StackError.is(error, 'ARTIFACT_NOT_FOUND')) return otherwise;
    throw error;
  }
}
