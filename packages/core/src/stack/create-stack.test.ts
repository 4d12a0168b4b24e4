import { describe, expect, test } from 'vitest';
import { ArtifactStore } from '../artifact-store/artifact-store.ts';
import type { ObjectStat } from '../artifact-store/object-stat.ts';
import type { ObjectContent } from '../artifact-store/requests.ts';
import type { ComponentContext } from '../component/stack-component.ts';
import { Orchestrator } from '../orchestrator/orchestrator.ts';
import { createStack } from './create-stack.ts';

const disposed: string[] = [];

class Cluster extends Orchestrator {
  override async runPlan(): Promise<void> {}
  override async [Symbol.asyncDispose](): Promise<void> {
    disposed.push(this.name);
    if (this.name === 'fails') throw new Error('cannot be closed');
  }
}

class Nowhere extends ArtifactStore {
  override async doRead(): Promise<ObjectContent> {
    return { stat: await this.doWrite(), body: Buffer.alloc(0) };
  }
  override async doWrite(): Promise<ObjectStat> {
    return { size: 0, modifiedAt: new Date(0), etag: '' };
  }
  override async doStat(): Promise<undefined> {}
  override async *doList() {}
  override async doRemove(): Promise<readonly never[]> {
    return [];
  }
  override mapError(): undefined {}
  override async [Symbol.asyncDispose](): Promise<void> {
    disposed.push(this.name);
  }
}

function contextOf<Config extends object>(type: string, name: string, config: Config): ComponentContext<Config> {
  return { id: name, name, type, flavor: 'test', config, settings: {}, labels: {}, baseDirectory: '/', overrides: {} };
}

const retry = { attempts: 1, baseDelay: 0, maximumDelay: 0 };
const orchestrator = (name: string) => new Cluster(contextOf('orchestrator', name, {}));
const artifactStore = (name: string) => new Nowhere(contextOf('artifact-store', name, { path: 'x://y', retry }));

describe('a stack', () => {
  test('gives its components by type and by name', async () => {
    const parts = { orchestrator: orchestrator('cluster'), artifactStore: artifactStore('files') };
    const stack = await createStack({ name: 'prod', ...parts });
    expect(stack.orchestrator).toBe(parts.orchestrator);
    expect(stack.get('artifact-store')).toBe(parts.artifactStore);
    expect(stack.get('artifact-store', 'files')).toBe(stack.artifactStore);
    expect(stack.all('orchestrator')).toEqual([parts.orchestrator]);
    expect(() => stack.get('artifact-store', 'others')).toThrow(
      expect.objectContaining({ code: 'COMPONENT_NOT_FOUND', hint: 'It has "files".' }),
    );
  });

  test('disposes its components, the last first', async () => {
    disposed.length = 0;
    {
      await using _ = await createStack({
        name: 'prod',
        orchestrator: orchestrator('a'),
        artifactStore: artifactStore('b'),
      });
    }
    expect(disposed).toEqual(['b', 'a']);
  });

  test('takes components that are still being made', async () => {
    const stack = await createStack({
      name: 'prod',
      orchestrator: Promise.resolve(orchestrator('a')),
      artifactStore: Promise.resolve(artifactStore('b')),
    });
    expect(stack.components.map(({ name }) => name)).toEqual(['a', 'b']);
  });
});

describe('a stack that fails', () => {
  test('disposes what was made, and tells why it failed', async () => {
    disposed.length = 0;
    const made = createStack({
      name: 'prod',
      orchestrator: orchestrator('a'),
      artifactStore: Promise.reject(new Error('no such bucket')),
    });
    await expect(made).rejects.toThrow('no such bucket');
    expect(disposed).toEqual(['a']);
  });

  test('tells so even when a component cannot be closed', async () => {
    disposed.length = 0;
    const made = createStack({
      name: 'prod',
      orchestrator: [orchestrator('a'), orchestrator('fails')],
      artifactStore: Promise.reject(new Error('no such bucket')),
    });
    await expect(made).rejects.toThrow('no such bucket');
    expect(disposed).toEqual(['fails', 'a']);
  });

  test('tells every problem of its components', async () => {
    disposed.length = 0;
    const options: Record<string, unknown> = {
      name: 'prod',
      orchestrator: [orchestrator('a'), orchestrator('a')],
      artifactStore: orchestrator('b'),
      artefactStore: artifactStore('c'),
      alerter: {},
    };
    await expect(createStack(options as never)).rejects.toMatchObject({
      code: 'STACK_INVALID',
      problems: expect.arrayContaining([
        expect.objectContaining({ message: '"b" is given as artifact store, and is a orchestrator' }),
        expect.objectContaining({ path: 'artefactStore', hint: 'Did you mean "artifactStore"?' }),
        expect.objectContaining({ path: 'alerter' }),
        expect.objectContaining({ message: 'a stack has one orchestrator, and this has 3' }),
        expect.objectContaining({ message: 'two components have the name "a"' }),
      ]),
    });
    expect(disposed.toSorted()).toEqual(['a', 'a', 'b', 'c']);
  });

  test('for want of a type says which', async () => {
    await expect(createStack({ name: 'prod' } as never)).rejects.toMatchObject({
      problems: [{ path: 'orchestrator' }, { path: 'artifactStore' }],
    });
  });

  test('for its name disposes its components', async () => {
    disposed.length = 0;
    const made = createStack({ name: 'a/b', orchestrator: orchestrator('a'), artifactStore: artifactStore('b') });
    await expect(made).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
    expect(disposed).toEqual(['b', 'a']);
  });
});
