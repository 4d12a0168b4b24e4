import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CurrentComponent, type CurrentState, planStack } from './plan-stack.ts';
import { type DocumentComponent, documentComponents, documentMembers, type StackDocument } from './stack-document.ts';

const field = fc.constantFrom('a', 'b', 'c');
const config = fc.dictionary(field, fc.oneof(fc.integer({ max: 2 }), fc.dictionary(field, fc.integer({ max: 2 }))));
const component = fc.record({
  name: fc.constantFrom('x', 'y', 'z'),
  flavor: fc.constantFrom('one', 'two'),
  config,
  settings: config,
  labels: fc.dictionary(field, fc.constantFrom('p', 'q')),
}) as fc.Arbitrary<DocumentComponent>;
const list = fc.uniqueArray(component, { minLength: 1, selector: ({ name }) => name });
const document: fc.Arbitrary<StackDocument> = fc.record({
  version: fc.constant(1 as const),
  name: fc.constant('prod'),
  labels: fc.dictionary(field, fc.constantFrom('p', 'q')),
  components: fc.record({ orchestrator: list, alerter: list }, { requiredKeys: [] }),
});

/** A project that is as a document says. */
function stateOf(actual: StackDocument, applied = actual, stacks: readonly string[] = ['prod']): CurrentState {
  const components = documentComponents(actual).map(
    ({ type, component: own }): CurrentComponent => ({
      id: `${type}:${own.name}`,
      type,
      component: own,
      isProtected: false,
      stacks,
    }),
  );
  return {
    find: (type, name) => components.find((item) => item.type === type && item.component.name === name),
    stack: { id: 'prod', labels: actual.labels, members: documentMembers(actual), isProtected: false },
    newFlavors: [],
    applied: { document: applied, made: components },
  };
}

describe('planStack', () => {
  it('plans nothing for a project that is as the document says', () => {
    fc.assert(
      fc.property(document, document, (desired, applied) => {
        const { plan, problems } = planStack(desired, stateOf(desired, applied));
        expect([plan.changes, plan.kept, problems]).toEqual([[], [], []]);
      }),
    );
  });

  it('blames the document when the project is as it was applied, and drift when the document is', () => {
    fc.assert(
      fc.property(document, document, (before, after) => {
        const causes = (desired: StackDocument, actual: StackDocument) =>
          new Set(
            planStack(desired, stateOf(actual, before)).plan.changes.flatMap(({ fields }) =>
              fields.map(({ cause }) => cause),
            ),
          );
        expect([...causes(after, before)].every((cause) => cause === 'document')).toBe(true);
        const drifted = planStack(before, stateOf(after, before)).plan.changes.flatMap(({ fields }) => fields);
        expect(drifted.every(({ cause }) => cause === 'drift')).toBe(true);
      }),
    );
  });

  it('deletes what was made and is gone from the document, unless another stack has it', () => {
    fc.assert(
      fc.property(document, document, (before, after) => {
        const wanted = new Set(documentMembers(after).map(({ type, name }) => `${type}:${name}`));
        const gone = documentMembers(before)
          .map(({ type, name }) => `${type}:${name}`)
          .filter((key) => !wanted.has(key));
        const { plan } = planStack(after, stateOf(before));
        const deleted = plan.changes.filter(({ action }) => action === 'delete');
        expect(deleted.map(({ type, name }) => `${type}:${name}`)).toEqual(gone);
        const shared = planStack(after, stateOf(before, before, ['prod', 'other'])).plan;
        expect(shared.changes.some(({ action }) => action === 'delete')).toBe(false);
        expect(shared.kept.map(({ type, name }) => `${type}:${name}`)).toEqual(gone);
      }),
    );
  });

  it('takes another order of the components of a type for a change, since the first is the default', () => {
    const own = (name: string) => ({ name, flavor: 'one', config: {}, settings: {}, labels: {} });
    const ordered = (...names: string[]): StackDocument => ({
      version: 1,
      name: 'prod',
      labels: {},
      components: { alerter: names.map(own) },
    });
    expect(planStack(ordered('x', 'y'), stateOf(ordered('y', 'x'))).plan.changes).toMatchObject([
      {
        action: 'update',
        kind: 'stack',
        fields: [{ path: 'components.alerter', before: ['y', 'x'], after: ['x', 'y'] }],
      },
    ]);
  });
});
