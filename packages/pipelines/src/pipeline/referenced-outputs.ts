import type { PlanInput } from '@stack/core';

type OutputInput = Extract<PlanInput, { readonly kind: 'output' }>;

/** The outputs that are in an input, at any depth. */
export function referencedOutputs(input: PlanInput): readonly OutputInput[] {
  switch (input.kind) {
    case 'value':
    case 'item':
      return [];
    case 'output':
      return [input];
    case 'list':
      return input.items.flatMap(referencedOutputs);
    case 'object':
      return Object.values(input.fields).flatMap(referencedOutputs);
  }
}
