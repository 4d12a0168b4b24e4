import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { defineFlavor } from '../flavor/define-flavor.ts';
import type { AnyFlavor } from '../flavor/flavor.ts';
import { type StackMember, validateStack } from './validate-stack.ts';

type Type = 'orchestrator' | 'artifact-store' | 'secret-store';

const flavor = (type: Type, isLocal: boolean, validate?: AnyFlavor['validateStack']) =>
  defineFlavor({
    type,
    name: isLocal ? 'local' : 'remote',
    isLocal,
    configSchema: z.object({}),
    implementation: () => expect.unreachable('validation loads no implementation'),
    ...(validate === undefined ? {} : { validateStack: validate }),
  });

const member = (aFlavor: AnyFlavor, name = 'one') => ({
  flavor: aFlavor,
  component: { type: aFlavor.type, name, flavor: aFlavor.name, config: {}, settings: {} },
});

const local = [member(flavor('orchestrator', true)), member(flavor('artifact-store', true))];
const codes = (members: readonly StackMember[], isStoreLocal: boolean) =>
  validateStack(members, { isStoreLocal }).map(({ path, code }) => `${path} ${code}`);

describe('a stack is valid', () => {
  test.each([
    { orchestrator: 'local', store: 'local', problems: [] },
    { orchestrator: 'local', store: 'remote', problems: [] },
    { orchestrator: 'remote', store: 'remote', problems: [] },
    { orchestrator: 'remote', store: 'local', problems: ['store STORE_LOCAL'] },
  ])('with a $orchestrator orchestrator over a $store metadata store: $problems', (combination) => {
    const members = [
      member(flavor('orchestrator', combination.orchestrator === 'local')),
      member(flavor('artifact-store', false)),
    ];
    expect(codes(members, combination.store === 'local')).toEqual(combination.problems);
  });

  test('of whatever flavors, where their own checks find nothing', () => {
    const [orchestrator, artifactStore] = [member(flavor('orchestrator', true, () => [])), local[1] as StackMember];
    expect(validateStack([orchestrator, artifactStore], { isStoreLocal: true })).toEqual([]);
  });
});

describe('a stack is not valid', () => {
  test('without a type that is required, once for each', () => {
    expect(codes([], true)).toEqual(['orchestrator COMPONENT_MISSING', 'artifactStore COMPONENT_MISSING']);
  });

  test('with several of a type that it has one of', () => {
    expect(codes([...local, member(flavor('artifact-store', true), 'two')], true)).toEqual([
      'artifactStore COMPONENT_REPEATED',
    ]);
  });

  test('with a component of a type that belongs to the project', () => {
    expect(codes([...local, member(flavor('secret-store', true))], true)).toEqual(['secretStore STACK_INVALID']);
  });

  test('with components of this machine under an orchestrator that runs steps elsewhere', () => {
    const members = [member(flavor('orchestrator', false)), member(flavor('artifact-store', true), 'disk')];
    expect(codes(members, true)).toEqual(['artifact-store:disk COMPONENT_LOCAL', 'store STORE_LOCAL']);
    // Who writes an orchestrator of this machine may have left it out.
    expect(validateStack(members, { isStoreLocal: true })[0]?.hint).toContain('isLocal: true');
  });

  test('for what a flavor says, and for what is missing too', () => {
    const picky = flavor('orchestrator', true, (self) => [{ path: self.name, message: 'needs a registry' }]);
    expect(codes([member(picky)], true)).toEqual(['artifactStore COMPONENT_MISSING', 'one STACK_INVALID']);
  });

  test('for what a flavor says under a code of its own', () => {
    const picky = flavor('orchestrator', true, () => [{ path: '', message: 'no', code: 'CAPABILITY_UNSUPPORTED' }]);
    expect(codes([member(picky), local[1] as StackMember], true)).toEqual([' CAPABILITY_UNSUPPORTED']);
  });
});

describe('the check of a flavor', () => {
  test('finds its own component in the stack, and cannot change a thing', () => {
    const meddling = flavor('orchestrator', true, (self, stack) => {
      expect(stack[0]).toBe(self);
      Object.assign(self.config, { changed: true });
      (stack as unknown[]).pop();
      return [];
    });
    const members = [member(meddling), local[1] as StackMember];
    const before = structuredClone(members.map(({ component }) => component));
    expect(validateStack(members, { isStoreLocal: true })).toEqual([]);
    expect(members.map(({ component }) => component)).toEqual(before);
  });

  test.each([
    ['throws', () => JSON.parse('{')],
    ['gives nothing', () => undefined as never],
    ['gives a promise', () => Promise.resolve([]) as never],
  ])('that %s is a problem, and hides no other', (_, check) => {
    expect(codes([member(flavor('orchestrator', true, check))], true)).toEqual([
      'artifactStore COMPONENT_MISSING',
      'orchestrator:one FLAVOR_INVALID',
    ]);
  });

  test('of a component whose flavor cannot be loaded is left out, and its type counts', () => {
    const unknown = { component: (local[1] as StackMember).component, flavor: undefined };
    expect(codes([local[0] as StackMember, unknown], true)).toEqual([]);
    const ofUnknownType = { ...unknown.component, type: 'vector-index' };
    expect(codes([...local, { component: ofUnknownType, flavor: undefined }], true)).toEqual([]);
  });
});
