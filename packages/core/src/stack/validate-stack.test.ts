import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { defineFlavor } from '../flavor/define-flavor.ts';
import type { AnyFlavor } from '../flavor/flavor.ts';
import { validateStack } from './validate-stack.ts';

const flavor = (type: 'orchestrator' | 'artifact-store', isLocal: boolean, validate?: AnyFlavor['validateStack']) =>
  defineFlavor({
    type,
    name: isLocal ? 'local' : 'remote',
    isLocal,
    configSchema: z.object({}),
    implementation: (): Promise<never> => Promise.reject(new Error('not loaded by validation')),
    ...(validate === undefined ? {} : { validateStack: validate }),
  });

const member = (aFlavor: AnyFlavor, name = 'one') => ({
  flavor: aFlavor,
  component: { type: aFlavor.type, name, flavor: aFlavor.name, config: {}, settings: {} },
});

describe('validateStack', () => {
  it('accepts a local orchestrator with a local artifact store and store', () => {
    const members = [member(flavor('orchestrator', true)), member(flavor('artifact-store', true))];
    expect(validateStack(members, { isStoreLocal: true })).toEqual([]);
  });

  it('refuses what is on this machine under an orchestrator that runs steps elsewhere', () => {
    const members = [member(flavor('orchestrator', false)), member(flavor('artifact-store', true), 'disk')];
    const paths = validateStack(members, { isStoreLocal: true }).map(({ path }) => path);
    expect(paths).toEqual(['artifact-store:disk', 'store']);
    const remote = [member(flavor('orchestrator', false)), member(flavor('artifact-store', false))];
    expect(validateStack(remote, { isStoreLocal: false })).toEqual([]);
  });

  it('reports what a flavor says and what is missing together', () => {
    const picky = flavor('orchestrator', true, (self) => [{ path: self.name, message: 'needs a registry' }]);
    const messages = validateStack([member(picky)], { isStoreLocal: true }).map(({ message }) => message);
    expect(messages).toEqual(['a stack has one artifact store, and this has none', 'needs a registry']);
  });
});
