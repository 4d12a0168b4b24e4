import { randomUUID } from 'node:crypto';
import {
  type CachedResult,
  type JsonValue,
  maskSecrets,
  type NewArtifact,
  type Plan,
  type PlanStep,
  StackError,
  type StepCaching,
  type StepRunRecord,
} from '@stack/core';
import { artifactDamage, type LoadValueOptions } from '../artifacts/artifact-content.ts';
import { outputName } from '../artifacts/artifact-name.ts';
import { builtInMaterializers } from '../artifacts/built-in-materializers.ts';
import { formatJsonProblems, inspectJson } from '../artifacts/json-data.ts';
import { ValueScope } from '../artifacts/value-scope.ts';
import { loadInputs, type RunArtifacts } from '../engine/load-inputs.ts';
import type { StepDefinition } from '../step/step.ts';
import { type CacheSubject, cacheKey, createKeyedDigest, type KeyedDigest } from './cache-key.ts';
import type { CacheOptions } from './cache-options.ts';
import { type InputIdentity, identifyInputs } from './input-identity.ts';

/** What the cache says of a step that is about to run. */
export type CacheAnswer =
  | { readonly artifacts: readonly NewArtifact[]; readonly caching: StepCaching & { readonly state: 'cached' } }
  /** It has to run. What its result can be reused for depends on whether it read the parameters of the pipeline. */
  | { readonly artifacts?: undefined; readonly cachingOf: (hasReadParameters: boolean) => StepCaching | undefined };

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
  readonly #damaged = new Set<string>();
  #digest: Promise<KeyedDigest> | undefined;

  constructor(run: RunArtifacts, plan: Plan) {
    this.#run = run;
    this.#plan = plan;
  }

  /** Paths in the artifact store that do not have the bytes which they should have. */
  get damaged(): ReadonlySet<string> {
    return this.#damaged;
  }

  /** @throws what the key function of the step throws, and StackError when the run store cannot be read */
  async find(cached: CachedStep, signal: AbortSignal): Promise<CacheAnswer> {
    const { step, definition } = cached;
    const off = (reason: string): CacheAnswer => ({ cachingOf: () => ({ state: 'off', reason }) });
    const { code } = step;
    // No code was asked for: the run is of no use to others.
    if (code === undefined) return { cachingOf: () => undefined };
    if (definition.cache === undefined) return off('the step says so');
    if ('uncacheable' in code) return off(code.uncacheable);

    const { runStore } = this.#run;
    this.#digest ??= runStore.digestKey().then(createKeyedDigest);
    const digest = await this.#digest;
    const subject = await this.#subject(cached, code.digest, signal);
    const whole = cacheKey(subject, digest);
    // A step that has not read the parameters once, with the same inputs, does not the next time.
    const without =
      'custom' in subject.values
        ? whole
        : cacheKey({ ...subject, values: { ...subject.values, parameters: undefined } }, digest);
    const found =
      this.#plan.cache === false ? undefined : await runStore.findCached([...new Set([whole.key, without.key])]);
    const missing = (refused?: string): CacheAnswer => ({
      cachingOf: (hasReadParameters) => ({
        state: 'computed',
        ...(hasReadParameters ? whole : without),
        ...(refused === undefined ? {} : { refused }),
      }),
    });
    if (found === undefined) return missing(this.#plan.cache === false ? 'the run does without the cache' : undefined);
    const taken = await this.#take(found, cached, definition.cache, signal);
    if (typeof taken === 'string') return missing(taken);
    const key = found.caching !== undefined && 'key' in found.caching ? found.caching.key : undefined;
    const from = resultOf(found);
    return { artifacts: taken, caching: { state: 'cached', ...(key === whole.key ? whole : without), from } };
  }

  /** The artifacts of an earlier step run as those of this one; the reason why not, where they cannot be. */
  async #take(
    found: StepRunRecord,
    { name, step }: CachedStep,
    { expiresAfter = Number.POSITIVE_INFINITY, verify = false }: CacheOptions,
    signal: AbortSignal,
  ): Promise<readonly NewArtifact[] | string> {
    const { runId, runStore, stack } = this.#run;
    if (Date.now() - Date.parse(resultOf(found).computedAt) >= expiresAfter) return 'it has expired';
    const earlier = await runStore.listArtifacts({ runId: found.runId, step: found.step, limit: step.outputs.length });
    const artifacts: NewArtifact[] = [];
    for (const output of step.outputs) {
      const artifact = earlier.find((candidate) => candidate.output === output);
      if (artifact === undefined) return `its artifact "${output}" is not recorded`;
      const damages = await artifactDamage(stack.artifactStore, artifact, { signal, verify });
      for (const { path } of damages) this.#damaged.add(path);
      const [damage] = damages;
      if (damage !== undefined) return `its artifact "${output}" ${damage.problem}`;
      artifacts.push({
        ...artifact,
        id: randomUUID(),
        name: outputName(this.#plan.pipeline, name, output),
        tags: [],
        runId,
        step: name,
        createdAt: new Date(),
      });
    }
    return artifacts;
  }

  async #subject(cached: CachedStep, code: string, signal: AbortSignal): Promise<CacheSubject> {
    const { step, definition, item } = cached;
    const { stack, materializers } = this.#run;
    const { environment = [], key } = definition.cache ?? {};
    const { flavor, root } = stack.artifactStore;
    return {
      step: definition.name,
      outputs: step.outputs,
      code,
      environment: Object.fromEntries(environment.map((name) => [name, process.env[name]])),
      materializers: [
        ...[...materializers, ...builtInMaterializers].map(({ name, version }) => `${name}@${version}`),
        ...Object.entries(step.materializers ?? {}).map(([output, name]) => `${output} by ${name}`),
      ],
      store: { flavor, root: maskSecrets(root) },
      values:
        key === undefined
          ? {
              inputs: await identifyInputs(step.inputs, this.#run, item?.identify),
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

/** Who computed the result of a step run. */
function resultOf({ runId, step, caching, endedAt = new Date() }: StepRunRecord): CachedResult {
  return caching?.state === 'cached' ? caching.from : { runId, step, computedAt: endedAt.toISOString() };
}
