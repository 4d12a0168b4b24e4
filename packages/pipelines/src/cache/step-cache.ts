import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import {
  type CachedResult,
  isPlainObject,
  type JsonObject,
  type JsonValue,
  maskSecrets,
  type NewArtifact,
  type Plan,
  type PlanStep,
  StackError,
  type StepCaching,
  type StepInput,
  type StepRunRecord,
} from '@stack/core';
import { artifactDamage, artifactIdentity, type LoadValueOptions } from '../artifacts/artifact-content.ts';
import { outputName } from '../artifacts/artifact-name.ts';
import { builtInMaterializers } from '../artifacts/built-in-materializers.ts';
import { formatJsonProblems, inspectJson } from '../artifacts/json-data.ts';
import { ValueScope } from '../artifacts/value-scope.ts';
import { loadInputs, type RunArtifacts } from '../engine/load-inputs.ts';
import type { PutOutArtifacts } from '../engine/step-artifacts.ts';
import type { StepRecords } from '../engine/step-journal.ts';
import type { StepDefinition } from '../step/step.ts';
import { type CacheKeys, type CacheSubject, cacheKeys, createKeyedDigest, type KeyedDigest } from './cache-key.ts';
import type { CacheOptions } from './cache-options.ts';
import { type InputIdentity, identifyInputs } from './input-identity.ts';

/** What the cache says of a step that is about to run. */
export type CacheAnswer =
  | { readonly records: StepRecords; readonly caching: StepCaching & { readonly state: 'cached' } }
  /** It has to run. What its result can be reused for depends on whether it read the parameters of the pipeline. */
  | { readonly cachingOf: (hasReadParameters: boolean) => StepCaching | undefined };

/** Whether there is an earlier result of a step, without a look at whether it can be taken. */
export type CacheLookup =
  | { readonly cachingOf: (hasReadParameters: boolean) => StepCaching | undefined }
  | { readonly keys: CacheKeys; readonly found: StepRunRecord; readonly options: CacheOptions };

/** A step that is about to run, or an item of one. */
export interface CachedStep {
  /** Name of the step run. */
  readonly name: string;
  readonly step: PlanStep;
  readonly definition: StepDefinition;
  /** What inputs of the kind `item` stand for. */
  readonly item: MappedItem | undefined;
}

/** What inputs of the kind `item` stand for. */
export interface MappedItem {
  readonly identify: () => Promise<InputIdentity>;
  readonly load: (options: LoadValueOptions) => Promise<unknown>;
}

/** Finds results of earlier steps, and says under which keys new ones are kept. */
export class StepCache {
  readonly #run: RunArtifacts;
  readonly #plan: Plan;
  readonly #materializers: readonly string[];
  readonly #store: CacheSubject['store'];
  readonly #damaged = new Set<string>();
  #digest: Promise<KeyedDigest> | undefined;

  constructor(run: RunArtifacts, plan: Plan) {
    this.#run = run;
    this.#plan = plan;
    this.#materializers = [...run.materializers, ...builtInMaterializers].map(
      ({ name, version }) => `${name}@${version}`,
    );
    const { flavor, root } = run.stack.artifactStore;
    this.#store = { flavor, root: maskSecrets(root) };
  }

  /** Paths in the artifact store that do not have the bytes which they should have. */
  get damaged(): ReadonlySet<string> {
    return this.#damaged;
  }

  /** @throws what `lookUp` throws */
  async find(cached: CachedStep, signal: AbortSignal): Promise<CacheAnswer> {
    const lookup = await this.lookUp(cached, this.#run.stepArtifacts, signal);
    if (!('found' in lookup)) return lookup;
    const { keys, found, options } = lookup;
    const taken = await this.#take(found, cached, options, signal);
    if (typeof taken === 'string') return { cachingOf: computedUnder(keys, taken) };
    const { whole, withoutParameters: without } = keys;
    const key = found.caching !== undefined && 'key' in found.caching ? found.caching.key : undefined;
    const from = resultOf(found);
    return { records: taken, caching: { state: 'cached', ...(key === whole.key ? whole : without), from } };
  }

  /** @throws what the key function of the step throws, and StackError when the run store cannot be read */
  async lookUp(cached: CachedStep, stepArtifacts: PutOutArtifacts, signal: AbortSignal): Promise<CacheLookup> {
    const { step, definition } = cached;
    const off = (reason: string): CacheLookup => ({ cachingOf: () => ({ state: 'off', reason }) });
    const { code } = step;
    // No code was asked for: the run is of no use to others.
    if (code === undefined) return { cachingOf: () => undefined };
    if (definition.cache === undefined) return off('the step says so');
    if ('uncacheable' in code) return off(code.uncacheable);

    const { runStore } = this.#run;
    this.#digest ??= runStore.digestKey().then(createKeyedDigest);
    const digest = await this.#digest;
    const made = cacheKeys(await this.#subject(cached, code.digest, stepArtifacts, signal), digest);
    // A step that is made in its pipeline's function may have taken parameters from there.
    const keys = definition.origin.pipeline === undefined ? made : { ...made, withoutParameters: made.whole };
    if (this.#plan.cache === false) return { cachingOf: computedUnder(keys, 'the run does without the cache') };
    // A step that has not read the parameters once, with the same inputs, does not the next time.
    const found = await runStore.findCached([...new Set([keys.whole.key, keys.withoutParameters.key])]);
    return found === undefined ? { cachingOf: computedUnder(keys) } : { keys, found, options: definition.cache };
  }

  /** What an earlier step run stored and logged as that of this one; the reason why not, where it cannot be. */
  async #take(
    found: StepRunRecord,
    { name, step }: CachedStep,
    { expiresAfter = Number.POSITIVE_INFINITY, verify = false }: CacheOptions,
    signal: AbortSignal,
  ): Promise<StepRecords | string> {
    const { runId, runStore, stack } = this.#run;
    if (Date.now() - Date.parse(resultOf(found).computedAt) >= expiresAfter) return 'it has expired';
    const earlier = await runStore.listArtifacts({
      runId: found.runId,
      step: found.step,
      limit: Number.MAX_SAFE_INTEGER,
    });
    const missing = step.outputs.find((output) => !earlier.some((artifact) => artifact.output === output));
    if (missing !== undefined) return `its artifact "${missing}" is not recorded`;
    const inputs = found.inputs.filter(({ isLoaded }) => isLoaded === true);
    for (const input of inputs) {
      if (!(await this.#isAsLoaded(input)))
        return `the artifact "${input.input}", which it loaded, is another one by now`;
    }
    const artifacts: NewArtifact[] = [];
    for (const { version: _, ...artifact } of earlier.toReversed()) {
      const { output } = artifact;
      const damages = await artifactDamage(stack.artifactStore, artifact, { signal, verify });
      for (const { path } of damages) this.#damaged.add(path);
      const [damage] = damages;
      if (damage !== undefined) return `its artifact "${output ?? artifact.name}" ${damage.problem}`;
      artifacts.push({
        ...artifact,
        id: randomUUID(),
        name: output === undefined ? artifact.name : outputName(this.#plan.pipeline, name, output),
        // They stay with what they were given to.
        tags: [],
        runId,
        step: name,
        createdAt: new Date(),
      });
    }
    const { logged, loggedOfRun } = found.metadata;
    return {
      artifacts,
      inputs,
      metadata: { ...(logged === undefined ? {} : { logged }), ...(loggedOfRun === undefined ? {} : { loggedOfRun }) },
      runMetadata: isPlainObject(loggedOfRun) ? (loggedOfRun as JsonObject) : undefined,
    };
  }

  /** Whether what a step asked for by a reference is what it would get now. */
  async #isAsLoaded({ input, artifactId }: StepInput): Promise<boolean> {
    const { runStore } = this.#run;
    try {
      const [before, now] = [await runStore.getArtifact(artifactId), await runStore.getArtifact(input)];
      return isDeepStrictEqual(artifactIdentity(before), artifactIdentity(now));
    } catch (error) {
      if (StackError.is(error, 'ARTIFACT_NOT_FOUND') || StackError.is(error, 'AMBIGUOUS')) return false;
      throw error;
    }
  }

  async #subject(
    cached: CachedStep,
    code: string,
    stepArtifacts: PutOutArtifacts,
    signal: AbortSignal,
  ): Promise<CacheSubject> {
    const { step, definition, item } = cached;
    const { environment = [], key } = definition.cache ?? {};
    const named = Object.entries(step.materializers ?? {}).map(([output, name]) => `${output} by ${name}`);
    return {
      step: definition.name,
      outputs: step.outputs,
      code,
      environment: Object.fromEntries(environment.map((name) => [name, process.env[name]])),
      materializers: named.length === 0 ? this.#materializers : [...this.#materializers, ...named],
      store: this.#store,
      values:
        key === undefined
          ? {
              inputs: await identifyInputs(step.inputs, stepArtifacts, item?.identify),
              parameters: this.#plan.parameters,
            }
          : { custom: await this.#customKey(cached, key, signal) },
    };
  }

  async #customKey(
    { name, step, item }: CachedStep,
    key: NonNullable<CacheOptions['key']>,
    signal: AbortSignal,
  ): Promise<JsonValue> {
    const { runId, stack } = this.#run;
    await using scope = new ValueScope();
    const options = { signal, scope };
    const loadItem = async () => item?.load(options);
    const input = await loadInputs(step, this.#run, { ...options, loadItem });
    const made = await key(input, { runId, stack, step: name, parameters: this.#plan.parameters });
    const { problems } = inspectJson(made);
    if (problems.length === 0) return made;
    throw new StackError({
      code: 'STEP_FAILED',
      message: `What the key function of the step "${name}" returns is not JSON:\n${formatJsonProblems(problems)}`,
      problems,
    });
  }
}

/** What is known of a step that has to run, by whether it read the parameters of the pipeline. */
function computedUnder({ whole, withoutParameters }: CacheKeys, refused?: string) {
  return (hasReadParameters: boolean): StepCaching => ({
    state: 'computed',
    ...(hasReadParameters ? whole : withoutParameters),
    ...(refused === undefined ? {} : { refused }),
  });
}

/** Who computed the result of a step run. */
function resultOf({ runId, step, caching, endedAt = new Date() }: StepRunRecord): CachedResult {
  return caching?.state === 'cached' ? caching.from : { runId, step, computedAt: endedAt.toISOString() };
}
