import type { Plan, StepCaching, StepRunRecord } from '@stack/core';
import { describe, expect, it } from 'vitest';
import { type ExplainedRun, explainCaching } from './explain-caching.ts';

const parts = { 'a.ts#load': '00', 'a.ts#help': '00', 'package:zod': '4.6.7', node: '24' };

function explained(
  caching: StepCaching | undefined,
  code: Readonly<Record<string, string>> = parts,
  name = 'run',
): ExplainedRun {
  const plan: Plan = {
    planVersion: 1,
    pipeline: 'p',
    source: undefined,
    parameters: {},
    codeParts: Object.entries(code),
    steps: [
      {
        name: 'load',
        upstream: [],
        inputs: {},
        outputs: ['output'],
        attempts: 1,
        code: { digest: 'd', parts: Object.keys(code).map((_, place) => place) },
      },
    ],
  };
  return { run: { name, plan }, step: { step: 'load[3]', index: 0, caching } as StepRunRecord };
}

const computed = (ingredients: Readonly<Record<string, string>> = {}, refused?: string): StepCaching => ({
  state: 'computed',
  key: 'k',
  ingredients: { code: '00', ...ingredients },
  ...(refused === undefined ? {} : { refused }),
});

describe('explainCaching', () => {
  const from = { runId: 'a', step: 'load', computedAt: '2026-01-01T00:00:00.000Z' };

  it.each<[StepCaching | undefined, object]>([
    [undefined, { state: 'none', changes: [] }],
    [
      { state: 'off', reason: 'a.ts:1 calls eval' },
      { state: 'off', reason: 'a.ts:1 calls eval', changes: [] },
    ],
    [
      { state: 'cached', key: 'k', ingredients: {}, from },
      { state: 'cached', changes: [] },
    ],
    [computed({}, 'it has expired'), { state: 'computed', reason: 'it has expired', changes: [] }],
    [computed(), { state: 'computed', reason: 'its equal had not completed when it started', changes: [] }],
  ])('says of %j why', (caching, expected) => {
    expect(explainCaching(explained(caching), explained(computed()))).toEqual(expected);
  });

  it('says that there was none before', () => {
    expect(explainCaching(explained(computed()), undefined).reason).toBe('no earlier run of the step has completed');
  });

  it('names the code, packages, inputs, parameters and variables that had changed', () => {
    const before = {
      'input:rows': '0',
      'input:gone': '0',
      'parameter:at': '0',
      'parameter:same': '0',
      parameters: '0',
      'environment:A:B': '0',
      outputs: '0',
    };
    const after = {
      ...before,
      'input:rows': '1',
      'parameter:at': '1',
      'environment:A:B': '1',
      outputs: '1',
      'input:new': '1',
    };
    const { 'input:gone': _, ...left } = after;
    const code = { 'a.ts#load': '00', 'a.ts#help': '01', 'b.ts#more': '02', 'package:zod': '4.7.0', node: '25' };
    const earlier = explained(computed(before));
    expect(explainCaching(explained(computed({ ...left, code: '01' }), code), earlier)).toEqual({
      state: 'computed',
      changes: [
        { kind: 'code', name: 'a.ts#help', change: 'changed' },
        { kind: 'code', name: 'b.ts#more', change: 'added' },
        { kind: 'package', name: 'node', change: 'changed', before: '24', after: '25' },
        { kind: 'package', name: 'zod', change: 'changed', before: '4.6.7', after: '4.7.0' },
        { kind: 'environment', name: 'A:B', change: 'changed' },
        { kind: 'input', name: 'gone', change: 'removed' },
        { kind: 'input', name: 'new', change: 'added' },
        { kind: 'input', name: 'rows', change: 'changed' },
        { kind: 'other', name: 'outputs', change: 'changed' },
        { kind: 'parameter', name: 'at', change: 'changed' },
      ],
    });
  });

  it('names the step where its parts are the same and its code is not', () => {
    const changes = [{ kind: 'code', name: 'load[3]', change: 'changed' }];
    expect(explainCaching(explained(computed({ code: '01' })), explained(computed()))).toEqual({
      state: 'computed',
      changes,
    });
  });

  it('does not take for a change that a step read the parameters, and had not before', () => {
    const after = explained(computed({ 'input:rows': '1', parameters: '0', 'parameter:at': '0' }));
    expect(explainCaching(after, explained(computed({ 'input:rows': '0' }))).changes).toEqual([
      { kind: 'input', name: 'rows', change: 'changed' },
    ]);
  });
});
