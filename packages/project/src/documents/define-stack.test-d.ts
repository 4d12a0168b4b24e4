import { artifactStoreConfig, defineFlavor, type Orchestrator, secretField } from '@stack/core';
import { describe, expectTypeOf, it } from 'vitest';
import * as z from 'zod';
import { type DefinedComponent, defineComponent, defineStack } from './define-stack.ts';

const cluster = defineFlavor({
  type: 'orchestrator',
  name: 'cluster',
  configSchema: z.object({ size: z.enum(['small', 'large']).optional() }),
  settingsSchema: z.object({ cpus: z.int().optional() }),
  implementation: async (): Promise<{ default: new () => Orchestrator }> => {
    throw new Error('types only');
  },
});
const disk = defineFlavor({
  type: 'artifact-store',
  name: 'disk',
  configSchema: artifactStoreConfig({ schemes: ['disk://'] }).extend({ key: secretField().optional() }),
  implementation: async () => {
    throw new Error('types only');
  },
});

describe('defineComponent', () => {
  it('is of the type of its flavor', () => {
    expectTypeOf(defineComponent(cluster, { name: 'a' })).toEqualTypeOf<DefinedComponent<'orchestrator'>>();
    expectTypeOf(
      defineComponent(disk, { name: 'a', config: { path: 'disk://a', key: '{{a.b}}' }, labels: { team: 'a' } }),
    ).toEqualTypeOf<DefinedComponent<'artifact-store'>>();
  });

  it('takes the config and the settings of its flavor', () => {
    defineComponent(cluster, { name: 'a', config: { size: 'large' }, settings: { cpus: 2 } });
    // @ts-expect-error the flavor has no such size
    defineComponent(cluster, { name: 'a', config: { size: 'medium' } });
    // @ts-expect-error the flavor has no such field
    defineComponent(cluster, { name: 'a', config: { sise: 'large' } });
    // @ts-expect-error a number is wanted
    defineComponent(cluster, { name: 'a', settings: { cpus: 'two' } });
    // @ts-expect-error the config has a field that is required
    defineComponent(disk, { name: 'a' });
    // @ts-expect-error so has this
    defineComponent(disk, { name: 'a', config: {} });
  });
});

describe('defineStack', () => {
  const store = defineComponent(disk, { name: 'a', config: { path: 'disk://a' } });

  it('takes components, lists of them and names, under their types', () => {
    defineStack({ name: 'a', components: { orchestrator: 'default', 'artifact-store': store } });
    defineStack({
      name: 'a',
      labels: { team: 'a' },
      components: { orchestrator: [{ name: 'a', flavor: 'local' }], 'artifact-store': [store] },
    });
    // @ts-expect-error an artifact store is no orchestrator
    defineStack({ name: 'a', components: { orchestrator: store, 'artifact-store': store } });
    // @ts-expect-error every stack has an artifact store
    defineStack({ name: 'a', components: { orchestrator: 'default' } });
    // @ts-expect-error there is no such type
    defineStack({ name: 'a', components: { orchestrator: 'default', 'artifact-store': store, alertr: 'a' } });
  });
});
