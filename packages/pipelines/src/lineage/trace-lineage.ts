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
   * `input`: a step took one and stored the other. `cached`: the other is the same result, taken from the cache. `item`: the
   * other is the list of what the items of a mapped step stored.
   */
  readonly kind: 'input' | 'cached' | 'item';
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
 * from the cache, which lead to the run that computed them. Of mapped steps it tells the lists, and not each item.
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
  readonly #runNames = new Map<string, string>();
  readonly #stepRuns = new Map<string, readonly StepRunRecord[]>();

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
    const { id: to } = artifact;
    const stepRun = await this.#stepRunOf(artifact);
    if (stepRun === undefined) return [];
    const { caching } = stepRun;
    if (caching?.state === 'cached') {
      const computed = await this.#sameOf(artifact, caching.from);
      if (computed !== undefined) {
        return [{ artifact: computed, link: { from: computed.id, to, kind: 'cached' } }];
      }
    }
    const sources: Neighbour[] = [];
    for (const { input, artifactId: from } of await this.#inputsOf(stepRun)) {
      sources.push({ artifact: await this.#find(from), link: { from, to, kind: 'input', input } });
    }
    return sources;
  }

  async productsOf(artifact: ArtifactRecord): Promise<readonly Neighbour[]> {
    const { id: from, output } = artifact;
    const products: Neighbour[] = [];
    for (const use of await this.#runStore.listUses(artifact)) {
      const inputs = new Set(use.inputs.filter(({ artifactId }) => artifactId === from).map(({ input }) => input));
      for (const product of await this.#outcomeOf(use)) {
        for (const input of inputs) {
          products.push({ artifact: product, link: { from, to: product.id, kind: 'input', input } });
        }
      }
    }
    const stepRun = await this.#stepRunOf(artifact);
    if (stepRun === undefined) return products;
    for (const reuse of await this.#runStore.listReuses(stepRun)) {
      const same = await this.#sameOf(artifact, reuse);
      if (same !== undefined) products.push({ artifact: same, link: { from, to: same.id, kind: 'cached' } });
    }
    const mapped = parseItemName(stepRun.step)?.step;
    if (mapped !== undefined && output !== undefined) {
      const lists = await this.#artifactsOf({ runId: stepRun.runId, step: mapped });
      for (const list of lists.filter((other) => other.output === output)) {
        products.push({ artifact: list, link: { from, to: list.id, kind: 'item' } });
      }
    }
    return products;
  }

  /** What a step took; of a mapped one also what its items took. */
  async #inputsOf({ runId, step, index, item, inputs }: StepRunRecord): Promise<readonly StepInput[]> {
    if (item !== undefined) return inputs;
    const items = (await this.#stepRunsOf(runId)).filter((other) => other.index === index && other.step !== step);
    return [...inputs, ...items.flatMap((other) => other.inputs)];
  }

  /** What a step stored; of an item what the mapped step did, where it completed. */
  async #outcomeOf({ runId, step }: StepRunRecord): Promise<readonly ArtifactRecord[]> {
    const mapped = parseItemName(step)?.step;
    const lists = mapped === undefined ? [] : await this.#artifactsOf({ runId, step: mapped });
    return lists.length > 0 ? lists : this.#artifactsOf({ runId, step });
  }

  /** What a step run of the same result stored in the place of an artifact. */
  async #sameOf(
    { name, output }: ArtifactRecord,
    stepRun: Pick<StepRunRecord, 'runId' | 'step'>,
  ): Promise<ArtifactRecord | undefined> {
    const artifacts = await this.#artifactsOf(stepRun);
    return artifacts.find((other) => other.output === output && (output !== undefined || other.name === name));
  }

  async #artifactsOf({ runId, step }: Pick<StepRunRecord, 'runId' | 'step'>): Promise<readonly ArtifactRecord[]> {
    const newestFirst = await this.#runStore.listArtifacts({ runId, step, limit: Number.MAX_SAFE_INTEGER });
    return newestFirst.toReversed();
  }

  async #stepRunOf({ runId, step }: ArtifactRecord): Promise<StepRunRecord | undefined> {
    if (runId === undefined) return undefined;
    return (await this.#stepRunsOf(runId)).find((stepRun) => stepRun.step === step);
  }

  async #stepRunsOf(runId: string): Promise<readonly StepRunRecord[]> {
    const known = this.#stepRuns.get(runId) ?? (await orIfGone(this.#runStore.listStepRuns(runId), []));
    this.#stepRuns.set(runId, known);
    return known;
  }

  async #find(id: string): Promise<ArtifactRecord | string> {
    return orIfGone<ArtifactRecord | string>(this.#runStore.getArtifact(id), id);
  }

  async #describe({ id, name, version, runId, step }: ArtifactRecord): Promise<LineageArtifact> {
    const madeBy =
      runId === undefined || step === undefined ? undefined : { runId, run: await this.#runName(runId), step };
    return { id, name, version, madeBy };
  }

  async #runName(runId: string): Promise<string> {
    const known =
      this.#runNames.get(runId) ??
      (await orIfGone<string>(
        this.#runStore.getRun(runId).then(({ name }) => name),
        runId,
      ));
    this.#runNames.set(runId, known);
    return known;
  }
}

function deletedArtifact(id: string): LineageArtifact {
  return { id, name: undefined, version: undefined, madeBy: undefined };
}

/** Runs and artifacts may be deleted that others refer to. */
async function orIfGone<Value>(found: Promise<Value>, otherwise: Value): Promise<Value> {
  try {
    return await found;
  } catch (error) {
    if (StackError.is(error, 'RUN_NOT_FOUND') || StackError.is(error, 'ARTIFACT_NOT_FOUND')) return otherwise;
    throw error;
  }
}
