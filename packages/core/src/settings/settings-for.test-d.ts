import { describe, expectTypeOf, it } from 'vitest';
import * as z from 'zod';
import { secretField } from '../config/secret-field.ts';
import { defineFlavor } from '../flavor/define-flavor.ts';
import type { Orchestrator } from '../orchestrator/orchestrator.ts';
import { runSetting } from './run-setting.ts';
import { settingsFor } from './settings-for.ts';
import type { SettingsBySelector } from './settings-layer.ts';

declare const implementation: () => Promise<{ readonly default: new () => Orchestrator }>;

const cluster = defineFlavor({
  type: 'orchestrator',
  name: 'cluster',
  configSchema: z.object({ region: z.string() }),
  settingsSchema: z.object({
    instance: z.enum(['small', 'large']),
    memory: z.string().default('1Gi'),
    tags: z.array(z.string()).optional(),
    pods: z.object({ limit: z.int(), labels: z.record(z.string(), z.string()).optional() }).optional(),
    token: secretField().optional(),
    workers: runSetting(z.int().optional()),
  }),
  implementation,
});
const plain = defineFlavor({ type: 'orchestrator', name: 'plain', configSchema: z.object({}), implementation });

describe('settingsFor', () => {
  it('takes any part of the settings of a flavor, at any depth, and null to take a value back', () => {
    expectTypeOf(settingsFor(cluster, {})).toEqualTypeOf<SettingsBySelector>();
    settingsFor(cluster, { instance: 'large', memory: '2Gi', tags: ['a'], token: '{{cluster.token}}', workers: 2 });
    settingsFor(cluster, { pods: { labels: { team: 'a' } } }, 'prod');
    settingsFor(cluster, { instance: null, pods: { limit: null } });
    settingsFor(cluster, { pods: null, tags: null });
    settingsFor(plain, {});
  });

  it('does not compile with a key or value that the flavor does not know', () => {
    // @ts-expect-error
    settingsFor(cluster, { memry: '2Gi' });
    // @ts-expect-error
    settingsFor(cluster, { memory: 2 });
    // @ts-expect-error
    settingsFor(cluster, { instance: 'huge' });
    // @ts-expect-error
    settingsFor(cluster, { pods: { limits: 3 } });
    // @ts-expect-error
    settingsFor(cluster, { pods: { limit: '3' } });
    // @ts-expect-error
    settingsFor(cluster, { tags: [1] });
    // @ts-expect-error
    settingsFor(cluster, { workers: 'two' });
    // @ts-expect-error
    settingsFor(cluster, { region: 'eu' });
    // @ts-expect-error
    settingsFor(plain, { memory: '2Gi' });
    // @ts-expect-error
    settingsFor(cluster, { memory: '2Gi' }, { name: 'prod' });
  });
});
