import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { secretField } from '../config/secret-field.ts';
import type { JsonObject } from '../json.ts';
import type { PlanStep } from '../orchestrator/plan.ts';
import { explainSettings } from './explain-settings.ts';
import { mergePlanSettings } from './merge-plan-settings.ts';
import { runSetting } from './run-setting.ts';
import type { SettingsLayer } from './settings-layer.ts';

const settingsSchema = z.object({
  memory: z.string().default('1Gi'),
  cpu: z.number().optional(),
  workers: runSetting(z.int().optional()),
  token: secretField().optional(),
  pods: z.object({ limit: z.int().default(3), labels: z.record(z.string(), z.string()).optional() }).optional(),
});

function cluster(settings: JsonObject = {}) {
  return { type: 'orchestrator', flavor: 'cluster', name: 'prod', settings, settingsSchema };
}

function stepOf(name: string, ...settings: readonly SettingsLayer[]): PlanStep {
  const plain = { name, upstream: [], inputs: {}, outputs: ['output'], attempts: 1 };
  return settings.length === 0 ? plain : { ...plain, settings };
}

function layer(origin: SettingsLayer['origin'], orchestrator: JsonObject): SettingsLayer {
  return { origin, settings: { orchestrator } };
}

/** The problems of settings at one level, as `path: message`. */
function problemsOf(origin: SettingsLayer['origin'], values: JsonObject): string[] {
  const isOfStep = origin.includes('step');
  const steps = [stepOf('train', ...(isOfStep ? [layer(origin, values)] : [])), stepOf('test')];
  const { problems } = mergePlanSettings(
    [cluster()],
    isOfStep ? { steps } : { settings: [layer(origin, values)], steps },
  );
  return problems.map(({ path, message, hint }) => `${path}: ${message}${hint === undefined ? '' : `. ${hint}`}`);
}

describe('the settings of a plan', () => {
  it('merge the five levels, the weakest first: component, pipeline, run config, step, run config of the step', () => {
    const target = cluster({ memory: 'component', cpu: 0, pods: { limit: 0 } });
    const plan = {
      settings: [
        layer('pipeline', { memory: 'pipeline', cpu: 1, pods: { limit: 1 } }),
        layer('run-config', { cpu: 2, pods: { limit: 2 } }),
      ],
      steps: [
        stepOf(
          'train',
          layer('step', { pods: { limit: 3, labels: { by: 'step' } } }),
          layer('run-config-step', { pods: { labels: { of: 'run' } } }),
        ),
        stepOf('test'),
      ],
    };
    const { run, steps, problems } = mergePlanSettings([target], plan);
    expect(problems).toEqual([]);
    expect(run.get(target)?.input).toEqual({ memory: 'pipeline', cpu: 2, pods: { limit: 2 } });
    expect(steps.get('train')?.get(target)?.input).toEqual({
      memory: 'pipeline',
      cpu: 2,
      pods: { limit: 3, labels: { by: 'step', of: 'run' } },
    });
    expect(steps.get('test')).toBe(run);
  });

  it('of a flavor and of a type are those of one component, at different levels', () => {
    const plan = {
      settings: [{ origin: 'pipeline' as const, settings: { 'orchestrator.cluster': { cpu: 1, memory: '2Gi' } } }],
      steps: [stepOf('train', { origin: 'step', settings: { 'orchestrator:prod': { cpu: 2 } } })],
    };
    const target = cluster();
    expect(mergePlanSettings([target], plan).steps.get('train')?.get(target)?.input).toEqual({ cpu: 2, memory: '2Gi' });
  });

  it('are refused for one component under two selectors of one level', () => {
    const settings = { orchestrator: { cpu: 1 }, 'orchestrator:prod': { cpu: 2 } };
    const { problems } = mergePlanSettings([cluster()], { settings: [{ origin: 'pipeline', settings }], steps: [] });
    expect(problems).toEqual([
      { path: 'settings.orchestrator:prod', message: 'means the same component as "orchestrator" (in the code)' },
    ]);
  });
});

describe('problems of settings', () => {
  it('say where they stand: in the code or the run config, of the pipeline or a step', () => {
    expect(problemsOf('pipeline', { cpus: 1 })).toEqual([
      'settings.orchestrator.cpus: is not an option (in the code). Did you mean "cpu"?',
    ]);
    expect(problemsOf('run-config', { cpus: 1 })).toEqual([
      'settings.orchestrator.cpus: is not an option (in the run config). Did you mean "cpu"?',
    ]);
    expect(problemsOf('step', { cpu: 'many' })).toEqual([
      expect.stringMatching(/^steps\.train\.settings\.orchestrator\.cpu: .*expected number.* \(in the code\)$/),
    ]);
    expect(problemsOf('run-config-step', { cpu: 'many' })).toEqual([
      expect.stringMatching(/^steps\.train\.settings\.orchestrator\.cpu: .*expected number.* \(in the run config\)$/),
    ]);
  });

  it('are all told, of all levels and steps, each once', () => {
    const { problems } = mergePlanSettings([cluster()], {
      settings: [layer('pipeline', { cpus: 1 }), { origin: 'run-config', settings: { orchestratr: {} } }],
      steps: [
        stepOf('load', layer('step', { memory: 1 })),
        stepOf('train', layer('step', { memory: 2 }), layer('run-config-step', { pods: { limits: 1 } })),
        stepOf('test'),
      ],
    });
    expect(problems.map(({ path }) => path).toSorted()).toEqual([
      'settings.orchestrator.cpus',
      'settings.orchestratr',
      'steps.load.settings.orchestrator.memory',
      'steps.train.settings.orchestrator.memory',
      'steps.train.settings.orchestrator.pods.limits',
    ]);
  });

  it('are found in keys at any depth, also in one that is taken back or that a stronger level overrides', () => {
    expect(problemsOf('pipeline', { pods: { limits: 1 } })).toEqual([
      'settings.orchestrator.pods.limits: is not an option (in the code). Did you mean "limit"?',
    ]);
    expect(problemsOf('pipeline', { memry: null })).toHaveLength(1);
    expect(problemsOf('pipeline', { pods: { labels: { anything: 'goes' } } })).toEqual([]);
    const overridden = mergePlanSettings([cluster()], {
      settings: [layer('pipeline', { memry: 'x' }), layer('run-config', { memry: null })],
      steps: [],
    });
    expect(overridden.problems).toHaveLength(2);
  });

  it('are secrets in clear, since a plan is stored, and never quote them', () => {
    const problems = problemsOf('step', { token: 'top-secret' });
    expect(problems).toEqual([expect.stringMatching(/token: is a secret, and is not stored in clear/)]);
    expect(problems.join()).not.toContain('top-secret');
    expect(problemsOf('step', { token: '{{cluster.token}}' })).toEqual([]);
  });

  it('are texts in double braces that are no reference, beside all others', () => {
    expect(problemsOf('step', { memory: '{{cluster}}', cpus: 1 })).toEqual([
      expect.stringMatching(
        /^steps\.train\.settings\.orchestrator\.memory: is not a secret reference \(in the code\)\. Write/,
      ),
      expect.stringContaining('cpus: is not an option'),
    ]);
  });

  it('are settings of the whole run that a step sets', () => {
    expect(problemsOf('pipeline', { workers: 2 })).toEqual([]);
    expect(problemsOf('step', { workers: 2 })).toEqual([
      'steps.train.settings.orchestrator.workers: holds for a whole run, so no step has one of its own (in the code). Set it for the pipeline.',
    ]);
  });

  it('are those of the settings of a component itself, which its type and name tell', () => {
    const { problems } = mergePlanSettings([cluster({ cpu: 'many' })], { steps: [stepOf('train'), stepOf('test')] });
    expect(problems.map(({ path }) => path)).toEqual(['orchestrator:prod.cpu']);
  });
});

// What the tests of ZenML pin of settings (test_compiler.py, test_settings_resolver.py), under what they say here.
describe('as in the original', () => {
  it('a key that is no selector is refused', () => {
    const { problems } = mergePlanSettings([cluster()], {
      settings: [{ origin: 'pipeline', settings: { 'not a selector': {} } }],
      steps: [],
    });
    expect(problems).toHaveLength(1);
  });

  it('settings are resolved by the flavor of the component that they name', () => {
    const target = cluster();
    const { run } = mergePlanSettings([target], {
      settings: [{ origin: 'pipeline', settings: { 'orchestrator.cluster': { cpu: 3 } } }],
      steps: [],
    });
    expect(run.get(target)?.input).toEqual({ cpu: 3 });
  });

  it('stricter: settings for a component that the stack does not have are refused, where nothing has the flavor', () => {
    const settings = { 'orchestrator.not_a_flavor': { some_key: 'some_value' } };
    const { problems } = mergePlanSettings([cluster()], {
      settings: [
        { origin: 'pipeline', settings },
        { origin: 'run-config', settings },
      ],
      steps: [stepOf('train', { origin: 'step', settings }, { origin: 'run-config-step', settings })],
    });
    expect(problems).toHaveLength(4);
  });

  it('stricter: settings that their flavor does not know are refused, and not dropped with a warning', () => {
    expect(problemsOf('pipeline', { not_a_key: 1 })).toEqual([
      'settings.orchestrator.not_a_key: is not an option (in the code). There are memory, cpu, workers, token, pods.',
    ]);
  });
});

describe('explainSettings', () => {
  it('has every value of every level and the default, by setting, the strongest first', () => {
    const target = cluster({ memory: '2Gi', token: 'in-clear' });
    const { steps } = mergePlanSettings([target], {
      settings: [layer('pipeline', { memory: '4Gi', pods: {} })],
      steps: [stepOf('train', layer('step', { memory: null, token: '{{a.b}}' }))],
    });
    const merged = steps.get('train')?.get(target);
    if (merged === undefined) throw new Error('the step has no settings');
    const rows = explainSettings(target, merged).map(({ component, setting, value, origin, isInForce }) => {
      expect(component).toBe('orchestrator:prod');
      return [setting, value, origin, isInForce];
    });
    expect(rows).toEqual([
      ['memory', null, 'step', true],
      ['memory', '4Gi', 'pipeline', false],
      ['memory', '2Gi', 'component', false],
      ['memory', '1Gi', 'default', true],
      ['pods', {}, 'pipeline', true],
      ['pods.limit', 3, 'default', true],
      ['token', '{{a.b}}', 'step', true],
      ['token', '[secret]', 'component', false],
    ]);
  });
});
