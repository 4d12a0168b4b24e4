import type { JsonValue, NewArtifact, PlanInput } from '@stack/core';
import { artifactIdentity } from '../artifacts/artifact-content.ts';
import { findOutput } from '../engine/load-inputs.ts';
import type { PutOutArtifacts } from '../engine/step-artifacts.ts';

/** An input, as far as it matters what it is: its value, or what artifacts it is made of. */
export type InputIdentity =
  | { readonly kind: 'value'; readonly value: JsonValue }
  /** With the version of its materializer. With `place`, an item of the list that the artifact is. */
  | {
      readonly kind: 'artifact';
      readonly sha256: string;
      readonly materializer: string;
      readonly place?: number;
      readonly isStream?: true;
    }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'list'; readonly items: readonly InputIdentity[] }
  | { readonly kind: 'object'; readonly fields: Readonly<Record<string, InputIdentity>> };

/**
 * What inputs are, without loading any.
 *
 * @param identifyItem says it of what inputs of the kind `item` stand for
 * @throws ARTIFACT_NOT_FOUND
 */
export async function identifyInputs(
  inputs: Readonly<Record<string, PlanInput>>,
  stepArtifacts: PutOutArtifacts,
  identifyItem: () => Promise<InputIdentity> = async () => ({ kind: 'nothing' }),
): Promise<Readonly<Record<string, InputIdentity>>> {
  const artifacts = new Map<string, Promise<readonly NewArtifact[]>>();
  const artifactsOf = (step: string) => {
    const known = artifacts.get(step) ?? stepArtifacts.of(step);
    artifacts.set(step, known);
    return known;
  };
  const identify = async (input: PlanInput): Promise<InputIdentity> => {
    switch (input.kind) {
      case 'value':
        return input;
      case 'item':
        return identifyItem();
      case 'output': {
        const found = await artifactsOf(input.step);
        if (input.isOptional && found.length === 0) return { kind: 'nothing' };
        const identity = artifactIdentity(findOutput(found, input.step, input.output));
        return input.isStream ? { ...identity, isStream: true } : identity;
      }
      case 'list':
        return { kind: 'list', items: await Promise.all(input.items.map(identify)) };
      case 'object':
        return { kind: 'object', fields: await identifyFields(input.fields) };
    }
  };
  const identifyFields = async (fields: Readonly<Record<string, PlanInput>>) => {
    const entries = Object.entries(fields).map(async ([name, field]) => [name, await identify(field)] as const);
    return Object.fromEntries(await Promise.all(entries));
  };
  return identifyFields(inputs);
}
