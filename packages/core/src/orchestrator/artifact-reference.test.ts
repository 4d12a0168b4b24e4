import { describe, expect, test } from 'vitest';
import { StackError } from '../errors/index.ts';
import { checkArtifactName, checkArtifactTag, parseArtifactReference } from './artifact-reference.ts';

const codeOf = (call: () => unknown): string | undefined => {
  try {
    call();
  } catch (error) {
    if (StackError.is(error)) return error.code;
    throw error;
  }
  return undefined;
};

describe('parseArtifactReference', () => {
  test.each([
    ['penguins', { name: 'penguins', version: undefined, tag: undefined }],
    ['training/load[2]/rows@12', { name: 'training/load[2]/rows', version: 12, tag: undefined }],
    ['penguins@prod', { name: 'penguins', version: undefined, tag: 'prod' }],
    ['penguins@2026-01', { name: 'penguins', version: undefined, tag: '2026-01' }],
    ['penguins@0', { name: 'penguins', version: undefined, tag: '0' }],
    ['penguins@99999999999999999999', { name: 'penguins', version: undefined, tag: '99999999999999999999' }],
  ])('takes %s apart', (reference, expected) => {
    expect(parseArtifactReference(reference)).toEqual(expected);
  });

  test.each(['', '@', '@3', 'penguins@', 'penguins@1@2'])('refuses %j', (reference) => {
    expect(codeOf(() => parseArtifactReference(reference))).toBe('ARGUMENT_INVALID');
  });
});

test.each([
  ['penguins', undefined],
  ['data/2026/penguins.csv', undefined],
  ['', 'ARGUMENT_INVALID'],
  ['data//penguins', 'ARGUMENT_INVALID'],
  ['/penguins', 'ARGUMENT_INVALID'],
  ['penguins@2', 'ARGUMENT_INVALID'],
  ['../penguins', 'ARGUMENT_INVALID'],
])('an artifact that people name %j: %s', (name, code) => {
  expect(codeOf(() => checkArtifactName(name))).toBe(code);
});

test.each([
  ['prod', undefined],
  ['v2', undefined],
  ['2026-01', undefined],
  ['12', 'ARGUMENT_INVALID'],
  ['', 'ARGUMENT_INVALID'],
  ['a@b', 'ARGUMENT_INVALID'],
])('a tag %j: %s', (tag, code) => {
  expect(codeOf(() => checkArtifactTag(tag))).toBe(code);
});
