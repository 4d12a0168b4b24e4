import { describe, expect, it } from 'vitest';
import { mergeSettings } from './merge-settings.ts';

const orchestrator = {
  type: 'orchestrator',
  flavor: 'kubernetes',
  name: 'cluster',
  settings: { memory: '1Gi', pods: { a: 1, b: 2 } },
};
const first = { type: 'experiment-tracker', flavor: 'mlflow', name: 'one', settings: {} };
const second = { type: 'experiment-tracker', flavor: 'mlflow', name: 'two', settings: {} };
const components = [orchestrator, first, second];

describe('mergeSettings', () => {
  it('lets each layer win over the weaker ones, field by field, and tells where a value came from', () => {
    const { settings, problems } = mergeSettings(components, [
      { origin: 'pipeline', settings: { orchestrator: { cpu: 2, pods: { b: 3 } } } },
      { origin: 'step', settings: { 'orchestrator:cluster': { cpu: 4 } } },
    ]);
    expect(problems).toEqual([]);
    expect(settings.get(orchestrator)).toEqual({
      input: { memory: '1Gi', cpu: 4, pods: { a: 1, b: 3 } },
      origins: { memory: 'component', cpu: 'step', 'pods.a': 'component', 'pods.b': 'pipeline' },
    });
  });

  it('replaces lists, and takes a value back by null', () => {
    const { settings } = mergeSettings(components, [
      { origin: 'pipeline', settings: { 'experiment-tracker:two': { tags: ['a', 'b'], owner: 'x' } } },
      { origin: 'step', settings: { 'experiment-tracker:two': { tags: ['c'], owner: null } } },
    ]);
    expect(settings.get(second)).toEqual({ input: { tags: ['c'] }, origins: { tags: 'step' } });
  });

  it('means the default component by a type alone', () => {
    const { settings } = mergeSettings(components, [
      { origin: 'step', settings: { 'experiment-tracker': { tags: [] } } },
    ]);
    expect(settings.get(first)?.input).toEqual({ tags: [] });
    expect(settings.get(second)?.input).toEqual({});
  });

  it('reports a selector that fits nothing, with the nearest one', () => {
    const { problems } = mergeSettings(components, [{ origin: 'step', settings: { 'orchestrator.kubernets': {} } }]);
    expect(problems).toMatchObject([
      { path: 'orchestrator.kubernets', hint: 'Did you mean "orchestrator.kubernetes"?' },
    ]);
  });

  it('reports a flavor that several components have', () => {
    const { problems } = mergeSettings(components, [{ origin: 'step', settings: { 'experiment-tracker.mlflow': {} } }]);
    expect(problems).toMatchObject([{ hint: expect.stringContaining('"experiment-tracker:two"') }]);
  });

  it('reports two selectors of one layer that mean one component', () => {
    const { problems } = mergeSettings(components, [
      { origin: 'step', settings: { orchestrator: { cpu: 1 }, 'orchestrator:cluster': { cpu: 2 } } },
    ]);
    expect(problems).toHaveLength(1);
  });

  it('keeps a field named __proto__ a field', () => {
    const values = JSON.parse('{"__proto__": {"polluted": true}}');
    mergeSettings(components, [{ origin: 'step', settings: { orchestrator: values } }]);
    expect({}).not.toHaveProperty('polluted');
  });
});
