import type { PlanInput, PlanStep, StepInput } from '@stack/core';
import { referencedOutputs } from '../pipeline/referenced-outputs.ts';
import { findOutput } from './load-inputs.ts';
import type { StepArtifacts } from './step-artifacts.ts';

/**
 * The artifacts of its run that a step takes, or an item of one that is mapped, by the names of its inputs; and those of its
 * condition. An item takes the list that it is of, where that is one artifact.
 */
export async function takenInputs(
  { inputs, map, condition }: PlanStep,
  item: number | undefined,
  stepArtifacts: StepArtifacts,
): Promise<readonly StepInput[]> {
  const ofItem = map?.kind === 'list' && item !== undefined ? map.items[item] : map;
  const taken: StepInput[] = [];
  for (const [input, value] of Object.entries(inputs)) {
    const parts = hasItem(value) && ofItem !== undefined ? [value, ofItem] : [value];
    for (const { step, output, isOptional } of parts.flatMap(referencedOutputs)) {
      const artifacts = await stepArtifacts.of(step);
      if (isOptional && artifacts.length === 0) continue;
      taken.push({ input, artifactId: findOutput(artifacts, step, output).id });
    }
  }
  // It was looked at once, for all items.
  for (const { step, output } of condition === undefined || item !== undefined
    ? []
    : referencedOutputs(condition.input)) {
    const { id } = findOutput(await stepArtifacts.of(step), step, output);
    taken.push({ input: 'condition', artifactId: id, isCondition: true });
  }
  return taken;
}

function hasItem(input: PlanInput): boolean {
  switch (input.kind) {
    case 'item':
      return true;
    case 'list':
      return input.items.some(hasItem);
    case 'object':
      return Object.values(input.fields).some(hasItem);
    case 'value':
    case 'output':
      return false;
  }
}
