import { maskSecrets, maskValue, type Plan, type PlanInput, type SettingsLayer } from '@stack/core';

/**
 * A plan as it is recorded and told: parameters, constants and settings are masked, names are not, since steps and
 * components are found by them. It is there to be read; what runs is the plan itself.
 */
export function maskedPlan(plan: Plan): Plan {
  return {
    ...maskedSettings(plan),
    parameters: maskValue(plan.parameters),
    steps: plan.steps.map((step) => ({
      ...maskedSettings(step),
      inputs: maskedFields(step.inputs),
      ...(step.map === undefined ? {} : { map: maskedInput(step.map) }),
    })),
  };
}

function maskedSettings<Part extends { readonly settings?: readonly SettingsLayer[] }>(part: Part): Part {
  if (part.settings === undefined) return part;
  const settings = part.settings.map((layer): SettingsLayer => {
    const bySelector = Object.entries(layer.settings).map(
      ([selector, values]) => [selector, maskValue(values)] as const,
    );
    return { ...layer, settings: Object.fromEntries(bySelector) };
  });
  return { ...part, settings };
}

function maskedFields(fields: Readonly<Record<string, PlanInput>>): Readonly<Record<string, PlanInput>> {
  return Object.fromEntries(Object.entries(fields).map(([key, input]) => [maskSecrets(key), maskedInput(input)]));
}

function maskedInput(input: PlanInput): PlanInput {
  switch (input.kind) {
    case 'value':
      return { ...input, value: maskValue(input.value) };
    case 'output':
    case 'item':
      return input;
    case 'list':
      return { ...input, items: input.items.map(maskedInput) };
    case 'object':
      return { ...input, fields: maskedFields(input.fields) };
  }
}
