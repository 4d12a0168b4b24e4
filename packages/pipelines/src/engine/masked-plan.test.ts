import { addMaskedValue, type Plan } from '@stack/core';
import { expect, test } from 'vitest';
import { maskedPlan } from './masked-plan.ts';

const value = 'a-secret-value';

function planWith(text: string): Plan {
  const settings = [
    { origin: 'pipeline' as const, settings: { 'orchestrator.local': { token: text, [text]: [text] } } },
  ];
  return {
    planVersion: 1,
    pipeline: value,
    source: undefined,
    parameters: { text, list: [text] },
    settings,
    steps: [
      {
        name: value,
        upstream: [value],
        inputs: {
          constant: { kind: 'value', value: { [text]: text } },
          output: { kind: 'output', step: value, output: value },
          data: {
            kind: 'object',
            fields: { [text]: { kind: 'list', items: [{ kind: 'value', value: text }] } },
          },
        },
        outputs: [value],
        attempts: 1,
        settings,
      },
    ],
  };
}

test('a plan is masked in what it takes as values, and never in names', () => {
  addMaskedValue(value);
  expect(maskedPlan(planWith(value))).toEqual(planWith('[secret]'));
});
