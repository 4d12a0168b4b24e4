import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conflictRules, planImport } from './plan-import.ts';
import type { CurrentComponent, CurrentStack } from './plan-stack.ts';
import { type DocumentComponent, documentComponents, documentMembers, type StackDocument } from './stack-document.ts';

const name = fc.constantFrom('x', 'x-2', 'x-3', 'y');
const component = fc.record({
  name,
  flavor: fc.constantFrom('one', 'two'),
  config: fc.dictionary(fc.constant('a'), fc.integer({ min: 0, max: 1 })),
  settings: fc.constant({}),
  labels: fc.constant({}),
}) as fc.Arbitrary<DocumentComponent>;
const list = fc.uniqueArray(component, { minLength: 1, selector: (own) => own.name });
const document: fc.Arbitrary<StackDocument> = fc.record({
  version: fc.constant(1 as const),
  name,
  labels: fc.constant({}),
  components: fc.record({ alerter: list }),
});

/** A project of the components and the stack of a document. */
function stateOf(existing: StackDocument, isProtected = false) {
  const components = documentComponents(existing).map(
    ({ type, component: own }): CurrentComponent => ({ id: own.name, type, component: own, isProtected, stacks: [] }),
  );
  const stack: CurrentStack = { id: 'a', labels: existing.labels, members: documentMembers(existing), isProtected };
  return {
    findComponent: (_: string, wanted: string) => components.find((item) => item.component.name === wanted),
    findStack: (wanted: string) => (wanted === existing.name ? stack : undefined),
  };
}

describe('planImport', () => {
  it('creates under names that are free and apart, and reuses what is identical', () => {
    fc.assert(
      fc.property(document, document, fc.constantFrom(...conflictRules), (existing, imported, rule) => {
        const state = stateOf(existing);
        const plan = planImport(imported, state, rule);
        if (plan.problems.length > 0) return;
        const { alerter: ofType = [] } = imported.components;
        const members = documentMembers(plan.document);
        expect(new Set(members.map((member) => member.name)).size).toBe(members.length);
        expect(plan.components.map((planned) => planned.name)).toEqual(members.map((member) => member.name));
        for (const [index, { action, name: given }] of plan.components.entries()) {
          const { name: _, ...wanted } = ofType[index] as DocumentComponent;
          const { name: __, ...found } = state.findComponent('alerter', given)?.component ?? { name: '' };
          expect(found).toEqual(action === 'create' ? {} : wanted);
        }
        expect(state.findStack(plan.document.name) === undefined).toBe(plan.action === 'create');
      }),
    );
  });

  it('with "rename" always finds names, and keeps those that are free', () => {
    fc.assert(
      fc.property(document, document, (existing, imported) => {
        const { problems, components } = planImport(imported, stateOf(existing), 'rename');
        expect(problems).toEqual([]);
        for (const { name: given, renamedFrom } of components) {
          const isTaken =
            renamedFrom !== undefined && stateOf(existing).findComponent('alerter', renamedFrom) !== undefined;
          expect([given, isTaken]).toEqual(renamedFrom === undefined ? [given, false] : [given, true]);
        }
      }),
    );
  });

  it('with "fail" wants all names free, except those of the default stack', () => {
    fc.assert(
      fc.property(document, (own) => {
        expect(planImport(own, stateOf(own), 'fail').problems).toHaveLength(documentMembers(own).length + 1);
        expect(planImport(own, stateOf(own, true), 'fail')).toMatchObject({ action: 'reuse', problems: [] });
      }),
    );
  });
});
