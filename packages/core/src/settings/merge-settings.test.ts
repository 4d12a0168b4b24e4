import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../json.ts';
import { type AppliedSettings, mergeSettings } from './merge-settings.ts';
import { settingsOrigins } from './settings-layer.ts';

const long = process.env.STACK_TEST_LONG === '1';
const options = { numRuns: long ? 20_000 : 500 };

const selector = 'orchestrator';

function levels(...values: readonly JsonObject[]): AppliedSettings[] {
  return values.map((level, index) => ({ origin: settingsOrigins[index + 1] ?? 'step', selector, values: level }));
}

describe('mergeSettings', () => {
  it('lets each level win over the weaker ones, field by field, and remembers what every level said', () => {
    const { input, assignments } = mergeSettings({ memory: '1Gi', pods: { a: 1, b: 2 } }, [
      { origin: 'pipeline', selector, values: { cpu: 2, pods: { b: 3 } } },
      { origin: 'step', selector, values: { cpu: 4 } },
    ]);
    expect(input).toEqual({ memory: '1Gi', cpu: 4, pods: { a: 1, b: 3 } });
    expect(assignments.map(({ path, value, origin, isInForce }) => [path.join('.'), value, origin, isInForce])).toEqual(
      [
        ['memory', '1Gi', 'component', true],
        ['pods.a', 1, 'component', true],
        ['pods.b', 2, 'component', false],
        ['cpu', 2, 'pipeline', false],
        ['pods.b', 3, 'pipeline', true],
        ['cpu', 4, 'step', true],
      ],
    );
  });

  it('replaces lists, and takes a value back by null', () => {
    const { input, assignments } = mergeSettings({}, [
      { origin: 'pipeline', selector, values: { tags: ['a', 'b'], owner: 'x' } },
      { origin: 'step', selector, values: { tags: ['c'], owner: null } },
    ]);
    expect(input).toEqual({ tags: ['c'] });
    expect(assignments.filter(({ isInForce }) => isInForce)).toMatchObject([
      { path: ['tags'], origin: 'step' },
      { path: ['owner'], value: null, origin: 'step' },
    ]);
  });

  it('replaces an object by a value of another kind, and the other way round', () => {
    const levelsOf = (...values: JsonObject[]) => mergeSettings({}, levels(...values));
    expect(levelsOf({ pods: { a: 1 } }, { pods: 5 }).input).toEqual({ pods: 5 });
    expect(levelsOf({ pods: 5 }, { pods: { a: 1 } }).input).toEqual({ pods: { a: 1 } });
    expect(levelsOf({ pods: { a: 1 } }, { pods: {} }).input).toEqual({ pods: { a: 1 } });
    expect(levelsOf({ pods: { a: 1 } }, { pods: null }, { pods: { b: 2 } }).input).toEqual({ pods: { b: 2 } });
  });

  it('takes the settings of the component as they are: there, null is a value', () => {
    expect(mergeSettings({ proxy: null }, []).input).toEqual({ proxy: null });
  });

  it('keeps a field named __proto__ a field', () => {
    const values: JsonObject = JSON.parse('{"__proto__": {"polluted": true}}');
    const { input } = mergeSettings({}, levels(values, values));
    expect(Object.keys(input)).toEqual(['__proto__']);
    expect({}).not.toHaveProperty('polluted');
  });
});

describe('for all settings', () => {
  const key = fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor', 'a.b');
  const scalar: fc.Arbitrary<JsonValue> = fc.oneof(
    fc.integer(),
    fc.boolean(),
    fc.constantFrom('', 'x'),
    fc.constant(null),
  );
  const { object } = fc.letrec<{ value: JsonValue; object: JsonObject }>((tie) => ({
    value: fc.oneof({ depthSize: 'small' }, scalar, fc.array(scalar, { maxLength: 2 }), tie('object')),
    object: fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  }));
  const stack = fc.tuple(object, fc.array(object, { maxLength: 4 }));

  it('one level after the other gives what all at once give', () => {
    fc.assert(
      fc.property(stack, ([own, values]) => {
        const stepwise = levels(...values).reduce((below, level) => mergeSettings(below, [level]).input, own);
        expect(mergeSettings(own, levels(...values)).input).toEqual(stepwise);
      }),
      options,
    );
  });

  it('the strongest level that says anything of a field decides it', () => {
    const flat = fc.dictionary(fc.constantFrom('a', 'b', 'c'), scalar, { noNullPrototype: true });
    fc.assert(
      fc.property(fc.array(flat, { maxLength: 4 }), (values) => {
        const { input } = mergeSettings({}, levels(...values));
        for (const field of ['a', 'b', 'c']) {
          const decided = values.findLast((level) => field in level)?.[field];
          expect(input[field]).toBe(decided ?? undefined);
        }
      }),
      options,
    );
  });

  it('each value of the result has one assignment in force, and each that is in force is in the result', () => {
    fc.assert(
      fc.property(stack, ([own, values]) => {
        const { input, assignments } = mergeSettings(own, levels(...values));
        const held = assignments.filter(({ isInForce, value, origin }) => {
          return isInForce && (value !== null || origin === 'component');
        });
        const leaves = leavesOf(input).filter(([, value]) => !isEmptyObject(value));
        const heldLeaves = held.filter(({ value }) => !isEmptyObject(value));
        expect(new Map(heldLeaves.map(({ path, value }) => [JSON.stringify(path), value]))).toEqual(new Map(leaves));
        expect(heldLeaves).toHaveLength(leaves.length);
      }),
      options,
    );
  });

  it('nothing that was given is changed', () => {
    fc.assert(
      fc.property(stack, ([own, values]) => {
        const before = structuredClone([own, values]);
        mergeSettings(own, levels(...values));
        expect([own, values]).toEqual(before);
      }),
      options,
    );
  });
});

function leavesOf(value: JsonValue | undefined, path: readonly string[] = []): [path: string, value: unknown][] {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value) && !isEmptyObject(value);
  if (!isObject) return path.length === 0 ? [] : [[JSON.stringify(path), value]];
  return Object.entries(value).flatMap(([key, item]) => leavesOf(item, [...path, key]));
}

function isEmptyObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
}
