import { expectTypeOf, it } from 'vitest';
import * as z from 'zod';
import { defineFlavor } from '../flavor/define-flavor.ts';
import type { AnyFlavor } from '../flavor/flavor.ts';
import type { Orchestrator } from '../orchestrator/orchestrator.ts';
import { createComponent } from './create-component.ts';
import type { AnyComponent } from './stack-component.ts';

declare const implementation: () => Promise<{ readonly default: new () => Orchestrator }>;

const cluster = defineFlavor({
  type: 'orchestrator',
  name: 'cluster',
  configSchema: z.object({ region: z.string().optional(), nodes: z.int().default(1) }),
  implementation,
});

it('a component has the type of its flavor, wherever its config was written', async () => {
  const config = { region: 'eu-west-1' };
  const written = await createComponent(cluster, { name: 'prod', config });
  expectTypeOf(written).toExtend<Orchestrator>();
  expectTypeOf(written.config.nodes).toEqualTypeOf<number>();
  expectTypeOf(await createComponent(cluster, { name: 'prod', config: { nodes: 2 } })).toEqualTypeOf(written);
});

it('a misspelt or wrong field of a config does not compile', () => {
  // @ts-expect-error It is "region".
  void createComponent(cluster, { name: 'prod', config: { regoin: 'eu-west-1' } });
  // @ts-expect-error It is a number.
  void createComponent(cluster, { name: 'prod', config: { nodes: 'two' } });
});

it('a component of a flavor that was found at run time is of whatever type, and takes whatever config', async () => {
  const found = cluster as AnyFlavor;
  const config: unknown = {};
  expectTypeOf(await createComponent(found, { name: 'prod', config })).toEqualTypeOf<AnyComponent>();
});
