import {
  type ArtifactRecord,
  type NewArtifact,
  type PlanInput,
  type PlanStep,
  type RunStore,
  type Stack,
  StackError,
} from '@stack/core';
import { type LoadValueOptions, loadArtifact, openArtifactStream } from '../artifacts/artifact-content.ts';
import type { Materializer } from '../artifacts/materializer.ts';
import type { OpenArtifactStore } from '../artifacts/open-store-of.ts';
import type { RecentBytes } from '../artifacts/recent-bytes.ts';
import type { StepArtifacts } from './step-artifacts.ts';

/** What loading the artifacts of a run takes. */
export interface RunArtifacts {
  readonly runId: string;
  readonly runStore: RunStore;
  readonly stepArtifacts: StepArtifacts;
  readonly stack: Stack;
  /** Opens the artifact stores that the stack does not have; `undefined` where nobody can. */
  readonly openArtifactStore: OpenArtifactStore | undefined;
  readonly materializers: readonly Materializer[];
  /** What its steps have stored and loaded in this process. Default: the artifact store is asked each time. */
  readonly recent?: RecentBytes | undefined;
}

export interface LoadOptions extends LoadValueOptions {
  /** Loads what inputs of the kind `item` stand for. */
  readonly loadItem?: () => Promise<unknown>;
}

/** The inputs of a step, each value made anew: what a step does to them, no other step sees. */
export async function loadInputs(
  step: PlanStep,
  run: RunArtifacts,
  options: LoadOptions = {},
): Promise<Record<string, unknown>> {
  const input = await loadInput({ kind: 'object', fields: step.inputs }, run, options);
  return input as Record<string, unknown>;
}

/** The value of an input of the plan: constants as they are, outputs loaded from the artifact store. */
export async function loadInput(
  input: PlanInput,
  run: RunArtifacts,
  { loadItem, ...options }: LoadOptions = {},
): Promise<unknown> {
  const artifacts = new Map<string, Promise<readonly ArtifactRecord[]>>();
  const artifactsOf = (step: string) => {
    const known = artifacts.get(step) ?? run.stepArtifacts.of(step);
    artifacts.set(step, known);
    return known;
  };
  const load = async (part: PlanInput): Promise<unknown> => {
    switch (part.kind) {
      case 'value':
        return structuredClone(part.value);
      case 'item':
        return loadItem?.();
      case 'output': {
        const found = await artifactsOf(part.step);
        if (part.isOptional && found.length === 0) return undefined;
        const record = findOutput(found, part.step, part.output);
        const { artifactStore } = run.stack;
        if (part.isStream) return openArtifactStream(artifactStore, record, options);
        return loadArtifact(artifactStore, record, run.materializers, { ...options, recent: run.recent });
      }
      case 'list':
        return Promise.all(part.items.map(load));
      case 'object': {
        const fields = Object.entries(part.fields).map(async ([name, field]) => [name, await load(field)] as const);
        return Object.fromEntries(await Promise.all(fields));
      }
    }
  };
  return load(input);
}

/** @throws ARTIFACT_NOT_FOUND */
export function findOutput<Artifact extends NewArtifact>(
  artifacts: readonly Artifact[],
  step: string,
  output: string,
): Artifact {
  const found = artifacts.find((artifact) => artifact.output === output);
  if (found !== undefined) return found;
  throw new StackError({
    code: 'ARTIFACT_NOT_FOUND',
    message: `The step "${step}" has not put out "${output}" in this run.`,
  });
}
