import { describe, expect, it } from 'vitest';
import { addKnownFlavor } from '../flavor/known-flavors.ts';
import { selectComponent } from './settings-selector.ts';

const orchestrator = { type: 'orchestrator', flavor: 'local', name: 'laptop' };
const first = { type: 'artifact-store', flavor: 's3', name: 'one' };
const second = { type: 'artifact-store', flavor: 's3', name: 'two' };
const components = [orchestrator, first, second];

addKnownFlavor({ type: 'orchestrator', name: 'selector-cluster' });

const here = (selector: string) => selectComponent(components, selector, { isPortable: false });
const anywhere = (selector: string) => selectComponent(components, selector, { isPortable: true });

describe('a selector', () => {
  it('means the default component by a type, one by its flavor or by its name', () => {
    expect(here('artifact-store')).toEqual({ component: first });
    expect(here('orchestrator.local')).toEqual({ component: orchestrator });
    expect(here('artifact-store:two')).toEqual({ component: second });
  });

  it('that fits nothing on the stack is a problem, with the nearest one', () => {
    expect(here('orchestrater')).toMatchObject({ problem: { hint: expect.stringContaining('"orchestrator"') } });
    expect(here('orchestrator.locl')).toMatchObject({
      problem: { hint: expect.stringContaining('"orchestrator.local"') },
    });
    expect(here('artifact-store:tow')).toMatchObject({
      problem: { hint: expect.stringContaining('"artifact-store:two"') },
    });
    expect(here('docker')).toMatchObject({
      problem: {
        code: 'COMPONENT_NOT_FOUND',
        hint: 'It has orchestrator:laptop, artifact-store:one, artifact-store:two.',
      },
    });
    for (const selector of ['', '.', ':', 'orchestrator.', 'orchestrator:', '__proto__']) {
      expect(anywhere(selector)).toHaveProperty('problem');
    }
  });

  it('of a flavor that several components have is a problem that names them', () => {
    expect(here('artifact-store.s3')).toMatchObject({
      problem: { code: 'AMBIGUOUS', hint: 'Say which one: "artifact-store:one" or "artifact-store:two".' },
    });
  });

  it('in code may be of a flavor or type that exists, and that the stack does not have', () => {
    expect(anywhere('orchestrator.selector-cluster')).toEqual({
      ignored: 'the stack has no orchestrator of the flavor selector-cluster',
    });
    expect(selectComponent([orchestrator], 'artifact-store', { isPortable: true })).toEqual({
      ignored: 'the stack has no artifact-store',
    });
    expect(here('orchestrator.selector-cluster')).toHaveProperty('problem');
  });

  it('in code that is misspelt is a problem all the same, with the nearest that exists anywhere', () => {
    expect(anywhere('orchestrator.selector-clustr')).toMatchObject({
      problem: { hint: expect.stringContaining('"orchestrator.selector-cluster"') },
    });
    expect(anywhere('artifact-store:tow')).toHaveProperty('problem');
  });
});
