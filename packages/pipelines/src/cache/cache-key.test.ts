import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CacheSubject, cacheKeys, createKeyedDigest } from './cache-key.ts';
import type { InputIdentity } from './input-identity.ts';

const digest = createKeyedDigest('digest key');

const text = fc.oneof(
  fc.constantFrom('', 'a', 'b', 'a:b', 'input', '1', 'null', '"', '\ud800', '__proto__'),
  fc.string(),
);
const json = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(
    0,
    -0,
    1,
    '1',
    '0',
    null,
    'null',
    [],
    {},
    [[]],
    [null],
    { a: undefined },
    1e21,
    '1e+21',
    true,
    'true',
  ),
);
const { identity } = fc.letrec<{ identity: InputIdentity }>((tie) => ({
  identity: fc.oneof(
    { maxDepth: 3 },
    fc.record({ kind: fc.constant('value' as const), value: json }),
    fc.record({
      kind: fc.constant('artifact' as const),
      sha256: fc.constantFrom('00', '01'),
      materializer: fc.constantFrom('json', 'text'),
    }),
    fc.constant({ kind: 'nothing' as const }),
    fc.record({ kind: fc.constant('list' as const), items: fc.array(tie('identity'), { maxLength: 3 }) }),
    fc.record({ kind: fc.constant('object' as const), fields: fc.dictionary(text, tie('identity'), { maxKeys: 3 }) }),
  ),
}));
const subjects = fc.record({
  step: text,
  outputs: fc.array(text, { maxLength: 3 }),
  code: fc.constantFrom('00', '01', ''),
  environment: fc.dictionary(text, fc.option(text, { nil: undefined }), { maxKeys: 3 }),
  materializers: fc.array(text, { maxLength: 3 }),
  store: fc.record({ flavor: text, root: text }),
  values: fc.oneof(
    fc.record({ custom: json }),
    fc.record({
      inputs: fc.dictionary(text, identity, { maxKeys: 3 }),
      parameters: fc.dictionary(text, json, { maxKeys: 3 }),
    }),
  ),
}) as fc.Arbitrary<CacheSubject>;

/** The key of a result that was computed with the parameters, or without reading them. */
function keyOf(subject: CacheSubject, readsParameters: boolean): string {
  return cacheKeys(subject, digest)[readsParameters ? 'whole' : 'withoutParameters'].key;
}

/** One of the things that a key has to tell apart, changed. */
function changed(subject: CacheSubject, other: CacheSubject, what: keyof CacheSubject): CacheSubject {
  return { ...subject, [what]: other[what] };
}

/** What nothing can tell apart has the same text: an object of no properties beside undefined ones is none of these. */
function exactly(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (Object.is(part, -0)) return { minusZero: true };
    if (part === undefined) return { undefined: true };
    return typeof part === 'string' ? `text ${part}` : part;
  });
}

describe('a cache key', () => {
  it('is the same for the same, and never for two different subjects', () => {
    const what = fc.constantFrom<keyof CacheSubject>(
      'step',
      'outputs',
      'code',
      'environment',
      'materializers',
      'store',
      'values',
    );
    const pairs = fc.oneof(
      fc.tuple(subjects, subjects),
      fc.tuple(subjects, subjects, what).map(([one, other, field]) => [one, changed(one, other, field)] as const),
    );
    fc.assert(
      fc.property(pairs, fc.boolean(), fc.boolean(), ([one, other], oneReads, otherReads) => {
        const isSame = exactly(counted(one, oneReads)) === exactly(counted(other, otherReads));
        expect(keyOf(one, oneReads) === keyOf(other, otherReads)).toBe(isSame);
      }),
      { numRuns: 3000 },
    );
  });

  it('tells apart what looks alike', () => {
    const values: InputIdentity[] = [
      { kind: 'value', value: 0 },
      { kind: 'value', value: -0 },
      { kind: 'value', value: '0' },
      { kind: 'value', value: null },
      { kind: 'value', value: { a: 1, b: 2 } },
      { kind: 'value', value: { b: 2, a: 1 } },
      { kind: 'value', value: [1, 2] },
      { kind: 'value', value: [[1], 2] },
      { kind: 'value', value: { kind: 'nothing' } },
      { kind: 'nothing' },
      { kind: 'list', items: [] },
      { kind: 'object', fields: {} },
      { kind: 'artifact', sha256: '00', materializer: 'json' },
      { kind: 'artifact', sha256: '00', materializer: 'text' },
    ];
    const keys = values.map((value) => keyOf({ ...subject, values: { inputs: { value }, parameters: {} } }, true));
    expect(new Set(keys).size).toBe(values.length);
  });

  it('gives away no value: without the secret of the store it cannot be tried out', () => {
    const of = (key: string) => cacheKeys({ ...subject, environment: { TOKEN: '1234' } }, createKeyedDigest(key)).whole;
    expect(of('one').ingredients['environment:TOKEN']).not.toBe(of('other').ingredients['environment:TOKEN']);
    expect(JSON.stringify(of('one'))).not.toContain('1234');
  });

  it('says what it is made of', () => {
    expect(Object.keys(cacheKeys(subject, digest).whole.ingredients)).toEqual([
      'artifact store',
      'code',
      'environment:A',
      'input:rows',
      'materializers',
      'outputs',
      'parameter:at',
      'parameters',
      'step',
    ]);
  });
});

const subject: CacheSubject = {
  step: 'load',
  outputs: ['output'],
  code: '00',
  environment: { A: undefined },
  materializers: ['json'],
  store: { flavor: 'local', root: '/' },
  values: { inputs: { rows: { kind: 'nothing' } }, parameters: { at: 1 } },
};

/**
 * What of a subject its key has to tell apart. Inputs, parameters and variables are found by their names: in which order they
 * are given is the same.
 */
function counted(given: CacheSubject, readsParameters: boolean): unknown {
  const byName = (record: object) => Object.entries(record).toSorted(([one], [other]) => (one < other ? -1 : 1));
  const { values } = given;
  return {
    ...given,
    environment: byName(given.environment),
    values:
      'custom' in values
        ? values
        : {
            inputs: byName(values.inputs),
            parameters: readsParameters && [Object.keys(values.parameters), byName(values.parameters)],
          },
  };
}
