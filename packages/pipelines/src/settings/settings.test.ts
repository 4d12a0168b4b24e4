import {
  createComponent,
  createStack,
  defineFlavor,
  type JsonObject,
  Orchestrator,
  type PipelineRunInfo,
  type Plan,
  type RunContext,
  runSetting,
  type Secret,
  type SettingsBySelector,
  type SettingsInputOf,
  type Stack,
  type StepRunInfo,
  secretField,
  settingsFor,
} from '@stack/core';
import { beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { MemoryRunStore } from '../engine/memory-run-store.ts';
import { pipeline } from '../pipeline/pipeline.ts';
import type { RunConfig } from '../run-config/run-config.ts';
import { step } from '../step/step.ts';
import { expectStackError } from '../testing/expect-stack-error.ts';
import { MemoryArtifactStore } from '../testing/memory-artifact-store.ts';

interface ClusterSettings {
  readonly componentValue: number;
  readonly pipelineValue: number;
  readonly stepValue: number;
  readonly workers: number;
  readonly podLabels?: Readonly<Record<string, string>> | undefined;
  readonly token?: Secret | undefined;
}

interface Told {
  readonly hook: string;
  readonly step?: string;
  readonly settings: ClusterSettings;
}

let told: Told[] = [];

/** Runs the steps one after the other, and remembers the settings that it is told. */
class Cluster extends Orchestrator<object, ClusterSettings> {
  override async runPlan(plan: Plan, { executor, signal, settings, stepSettings }: RunContext<ClusterSettings>) {
    told.push({ hook: 'runPlan', settings });
    for (const { name } of plan.steps) {
      told.push({ hook: 'runPlan', step: name, settings: stepSettings(name) });
      await executor.execute(name, { signal });
    }
  }

  override async getPipelineRunMetadata({ settings }: PipelineRunInfo<ClusterSettings>): Promise<JsonObject> {
    told.push({ hook: 'getPipelineRunMetadata', settings });
    return {};
  }

  override async prepareStepRun({ step, settings }: StepRunInfo<ClusterSettings>): Promise<void> {
    told.push({ hook: 'prepareStepRun', step, settings });
  }

  override async getStepRunMetadata({ step, settings }: StepRunInfo<ClusterSettings>): Promise<JsonObject> {
    told.push({ hook: 'getStepRunMetadata', step, settings });
    return {};
  }

  override async cleanupStepRun({ step, settings }: StepRunInfo<ClusterSettings>): Promise<void> {
    told.push({ hook: 'cleanupStepRun', step, settings });
  }
}

const clusterFlavor = defineFlavor({
  type: 'orchestrator',
  name: 'settings-cluster',
  configSchema: z.object({}),
  settingsSchema: z.object({
    componentValue: z.int().default(0),
    pipelineValue: z.int().default(0),
    stepValue: z.int().default(0),
    workers: runSetting(z.int().min(1).default(1)),
    podLabels: z.record(z.string(), z.string()).optional(),
    token: secretField().optional(),
  }),
  implementation: async () => ({ default: Cluster }),
});

const farmFlavor = defineFlavor({
  type: 'orchestrator',
  name: 'settings-farm',
  configSchema: z.object({}),
  settingsSchema: z.object({ cows: z.int(), token: secretField().optional() }),
  implementation: () => expect.unreachable(),
});

async function createClusterStack(settings: SettingsInputOf<typeof clusterFlavor> = {}): Promise<Stack> {
  const orchestrator = createComponent(clusterFlavor, { name: 'default', config: {}, settings });
  return createStack({ name: 'test', orchestrator, artifactStore: new MemoryArtifactStore() });
}

/** A pipeline of the steps `load` and `train`, with settings for the pipeline and for `train`. */
function trainingWith(ofPipeline: SettingsBySelector, ofTrain: SettingsBySelector = {}) {
  const load = step({ name: 'load' }, () => 1);
  const train = step({ name: 'train', settings: ofTrain }, ({ rows }: { rows: number }) => rows);
  const parameters = z.object({ ratio: z.number().default(1), client: z.record(z.string(), z.number()).optional() });
  return pipeline({ name: 'training', settings: ofPipeline, parameters }, () => train({ rows: load() }));
}

function settingsTold(hook: string, stepName?: string): ClusterSettings | undefined {
  return told.find((one) => one.hook === hook && one.step === stepName)?.settings;
}

beforeEach(() => {
  told = [];
});

describe('settings', () => {
  it('of the component, pipeline, run config, step and run config of the step reach the component, merged', async () => {
    const stack = await createClusterStack({ componentValue: 1 });
    const key = 'orchestrator.settings-cluster';
    const training = trainingWith({ [key]: { pipelineValue: 1 } }, { [key]: { stepValue: 1 } });
    const config: RunConfig = {
      settings: { [key]: { pipelineValue: 2, podLabels: { team: 'a' } } },
      steps: { train: { settings: { [key]: { stepValue: 2, podLabels: { step: 'train' } } } } },
    };
    await training.run({}, { stack, config });

    const ofRun = { componentValue: 1, pipelineValue: 2, stepValue: 0, workers: 1, podLabels: { team: 'a' } };
    const ofTrain = { ...ofRun, stepValue: 2, podLabels: { team: 'a', step: 'train' } };
    expect(settingsTold('runPlan')).toEqual(ofRun);
    expect(settingsTold('getPipelineRunMetadata')).toEqual(ofRun);
    for (const hook of ['runPlan', 'prepareStepRun', 'getStepRunMetadata', 'cleanupStepRun']) {
      expect(settingsTold(hook, 'load')).toEqual(ofRun);
      expect(settingsTold(hook, 'train')).toEqual(ofTrain);
    }
    expect(stack.orchestrator.settings).toEqual({ componentValue: 1, pipelineValue: 0, stepValue: 0, workers: 1 });
  });

  it('are those of the component where nobody says anything', async () => {
    const stack = await createClusterStack({ componentValue: 4 });
    await trainingWith({}).run({}, { stack });
    expect(settingsTold('prepareStepRun', 'train')).toBe(stack.orchestrator.settings);
  });

  it('of a step hold for each call of it, and a run config tells the calls apart', async () => {
    const stack = await createClusterStack();
    const train = step({ name: 'train', settings: { orchestrator: { stepValue: 1 } } }, () => 1);
    const twice = pipeline({ name: 'twice' }, () => [train(), train()]);
    await twice.run({}, { stack, config: { steps: { 'train-2': { settings: { orchestrator: { stepValue: 2 } } } } } });
    expect(settingsTold('prepareStepRun', 'train')?.stepValue).toBe(1);
    expect(settingsTold('prepareStepRun', 'train-2')?.stepValue).toBe(2);
  });

  it('are taken back by null, so that the default holds again', async () => {
    const stack = await createClusterStack({ componentValue: 4 });
    await trainingWith({}, { orchestrator: { componentValue: null } }).run({}, { stack });
    expect(settingsTold('prepareStepRun', 'load')?.componentValue).toBe(4);
    expect(settingsTold('prepareStepRun', 'train')?.componentValue).toBe(0);
  });

  it('stand in the plan as they were given, by level: plain JSON, without a secret in clear', async () => {
    process.env.STACK_SECRET_CLUSTER__TOKEN = 'the-token-in-clear';
    const stack = await createClusterStack({ token: '{{cluster.token}}' });
    const runStore = new MemoryRunStore();
    const settings = settingsFor(clusterFlavor, { token: '{{cluster.token}}' });
    const run = await trainingWith({ orchestrator: { pipelineValue: 1 } }, settings).run({}, { stack, runStore });
    const { plan } = await runStore.getRun(run.id);
    expect(plan.settings).toEqual([{ origin: 'pipeline', settings: { orchestrator: { pipelineValue: 1 } } }]);
    expect(plan.steps.map((one) => one.settings)).toEqual([undefined, [{ origin: 'step', settings }]]);
    expect(JSON.parse(JSON.stringify(plan))).toMatchObject({ settings: plan.settings });
    expect(settingsTold('prepareStepRun', 'train')?.token?.reveal()).toBe('the-token-in-clear');
    expect(JSON.stringify(await runStore.getRun(run.id))).not.toContain('the-token-in-clear');
  });

  it('in code for a flavor that exists, and that this stack does not have, have no effect, and are not in the plan', async () => {
    const stack = await createClusterStack();
    const runStore = new MemoryRunStore();
    const ofFarm = settingsFor(farmFlavor, { cows: 3, token: 'a-secret-in-clear' });
    const ofTrain = { ...ofFarm, ...settingsFor(clusterFlavor, { stepValue: 5 }) };
    const run = await trainingWith(ofFarm, ofTrain).run({}, { stack, runStore });
    expect(settingsTold('prepareStepRun', 'train')?.stepValue).toBe(5);
    const { plan } = await runStore.getRun(run.id);
    expect(JSON.stringify(plan)).not.toMatch(/cows|a-secret-in-clear/);
    expect([plan.settings, ...plan.steps.map(({ settings }) => settings?.length)]).toEqual([undefined, undefined, 1]);
    expect(Object.isFrozen(plan.steps[1])).toBe(true);
  });

  it('are copied when a step or pipeline is defined, and neither it nor the run config is changed by a run', async () => {
    const settings = { orchestrator: { stepValue: 1 } };
    const config = { settings: { orchestrator: { pipelineValue: 1 } }, steps: { train: { settings } } };
    const training = trainingWith({ orchestrator: { podLabels: { a: 'b' } } }, settings);
    settings.orchestrator.stepValue = 9;
    const { plan } = training;
    expect(plan({}).steps[1]?.settings).toEqual([{ origin: 'step', settings: { orchestrator: { stepValue: 1 } } }]);
    const before = structuredClone(config);
    const planned = plan({}, { config });
    await training.run({}, { stack: await createClusterStack(), config });
    expect(config).toEqual(before);
    expect(Object.isFrozen(config.settings.orchestrator)).toBe(false);
    expect(plan({}, { config })).toEqual(planned);
  });
});

describe('before anything runs', () => {
  it('all problems of the settings and of the steps of a run config are told at once', async () => {
    const stack = await createClusterStack();
    const runStore = new MemoryRunStore();
    const training = trainingWith({ orchestratr: { pipelineValue: 1 } }, { orchestrator: { stepValu: 1, workers: 2 } });
    const config: RunConfig = {
      settings: { 'orchestrator.settings-farm': { cows: 1 }, 'artifact-store': { region: 'eu' } },
      steps: { tran: {}, train: { settings: { orchestrator: { componentValue: 'many' } } } },
    };
    const error = await expectStackError('CONFIG_INVALID', () => training.run({}, { stack, runStore, config }));
    expect(error.message.split('\n')).toEqual([
      'The settings of the pipeline "training" on the stack "test" are not valid:',
      '  steps.tran: the pipeline has no such step (in the run config). Did you mean "train"?',
      expect.stringMatching(
        /^ {2}settings\.orchestratr: the stack has no such component \(in the code\)\. Did you mean "orch/,
      ),
      expect.stringMatching(
        /^ {2}settings\.orchestrator\.settings-farm: the stack has no such component \(in the run config\)/,
      ),
      '  settings.artifact-store.region: is not an option (in the run config). It has no settings.',
      '  steps.train.settings.orchestrator.stepValu: is not an option (in the code). Did you mean "stepValue"?',
      expect.stringMatching(/^ {2}steps\.train\.settings\.orchestrator\.workers: holds for a whole run/),
      expect.stringMatching(
        /^ {2}steps\.train\.settings\.orchestrator\.componentValue: .*expected.*\(in the run config\)$/,
      ),
    ]);
    expect(told).toEqual([]);
    expect(await runStore.listRuns()).toEqual([]);
  });

  it('what is wrong with parameters, run config, settings and name is told together', async () => {
    const stack = await createClusterStack();
    const runStore = new MemoryRunStore();
    const training = trainingWith({ orchestratr: { pipelineValue: 1 } });
    const given = { stack, runStore, name: '{invalid}', configName: 'run.yaml' };
    const parameterProblems = [{ path: 'client', message: 'is no JSON' }];
    const unread = { ...given, parameterProblems, config: { setings: {} } as never };
    const error = await expectStackError('CONFIG_INVALID', () =>
      training.run({ ratio: 'half', rato: 1 } as never, unread),
    );
    expect(error.message.split('\n')).toEqual([
      'The run config of run.yaml is not valid:',
      expect.stringMatching(/^ {2}setings: is not an option\. Did you mean "settings"\?$/),
      'The parameters of the pipeline "training" are not valid:',
      '  client: is no JSON',
      expect.stringMatching(/^ {2}ratio: .*expected number/),
      expect.stringMatching(/^ {2}rato: is not an option\. Did you mean "ratio"\?$/),
      expect.stringMatching(/^"\{invalid\}" cannot be the name of a run\. Use 1 to 100/),
      'The settings of the pipeline "training" on the stack "test" are not valid:',
      expect.stringMatching(/^ {2}settings\.orchestratr: the stack has no such component/),
    ]);
    expect(error.problems.map(({ path }) => path)).toEqual([
      'setings',
      'client',
      'ratio',
      'rato',
      '',
      'settings.orchestratr',
    ]);
    expect(() => training.plan({ ratio: 1 }, { config: {}, parameterProblems })).toThrow('client: is no JSON');
    expect(await runStore.listRuns()).toEqual([]);
  });

  it('a parameter is not missing where some, or the run config that may give it, could not be read', async () => {
    const needy = pipeline({ name: 'needy', parameters: z.object({ rows: z.number() }) }, () =>
      step({ name: 'load' }, () => 1)(),
    );
    const wrong = { setings: {}, parameters: { rows: 1 } } as never;
    const ofConfig = await expectStackError('OPTION_UNKNOWN', () => needy.plan({}, { config: wrong }));
    expect(ofConfig.message).not.toContain('rows');
    const parameterProblems = [{ path: 'row', message: 'is not an option', code: 'OPTION_UNKNOWN' as const }];
    const ofOptions = await expectStackError('OPTION_UNKNOWN', () => needy.plan({}, { config: {}, parameterProblems }));
    expect(ofOptions.message).not.toContain('rows');
    await expectStackError('CONFIG_INVALID', () => needy.plan({}, { config: {} }));
  });

  it('every missing secret is told, once', async () => {
    const stack = await createClusterStack();
    const training = trainingWith(
      { orchestrator: { token: '{{absent.one}}' } },
      { orchestrator: { token: '{{absent.two}}' } },
    );
    const error = await expectStackError('CONFIG_INVALID', () => training.run({}, { stack }));
    expect(error.message).toContain('{{absent.one}}');
    expect(error.message).toContain('{{absent.two}}');
    const single = trainingWith({ orchestrator: { token: '{{absent.one}}' } }, { orchestrator: { stepValue: 1 } });
    await expectStackError('SECRET_NOT_FOUND', () => single.run({}, { stack }));
    expect(told).toEqual([]);
  });

  it('a value that only its secret shows to be wrong is told, without the secret', async () => {
    process.env.STACK_SECRET_CLUSTER__EMPTY = 'short-secret';
    const stack = await createClusterStack();
    const training = trainingWith({ orchestrator: { componentValue: '{{cluster.empty}}' } });
    const error = await expectStackError('CONFIG_INVALID', () => training.run({}, { stack }));
    expect(error.message).toContain('componentValue');
    expect(error.message).not.toContain('short-secret');
  });

  it('settings in code that are not JSON are refused where they are defined', async () => {
    const bad = { orchestrator: { stepValue: Number.NaN } };
    await expectStackError('ARGUMENT_INVALID', () => step({ name: 'train', settings: bad }, () => 1));
    const none = { orchestrator: 5 } as unknown as SettingsBySelector;
    const error = await expectStackError('ARGUMENT_INVALID', () => pipeline({ name: 'p', settings: none }, () => {}));
    expect(error.message).toContain('orchestrator is no object of settings');
  });
});

describe('a run config', () => {
  it('gives parameters, below those that the run is given, and a name, below that of the run', async () => {
    const stack = await createClusterStack();
    const training = trainingWith({});
    const config: RunConfig = {
      parameters: { ratio: 3, client: { a: 1, b: 1 } },
      runName: 'from-the-file',
      stack: 'prod',
    };
    const run = await training.run({ client: { b: 2 } }, { stack, config });
    expect(run.name).toBe('from-the-file');
    expect(training.plan({ client: { b: 2 } }, { config }).parameters).toEqual({ ratio: 3, client: { a: 1, b: 2 } });
    expect((await training.run({}, { stack, config, name: 'told' })).name).toBe('told');
  });

  it('is refused with every problem of its own at once, and the nearest names', async () => {
    const training = trainingWith({});
    const config = { setings: {}, runName: 5, steps: { train: { setting: {} } }, settings: { orchestrator: 1 } };
    const error = await expectStackError('CONFIG_INVALID', () => training.plan({}, { config: config as never }));
    expect(error.problems.map(({ path }) => path).toSorted()).toEqual([
      'runName',
      'setings',
      'settings.orchestrator',
      'steps.train.setting',
    ]);
    expect(error.message).toContain('Did you mean "settings"?');
    expect(error.message).toMatch(/^The run config of the pipeline "training" is not valid:/);
  });

  it('with a step that the pipeline does not have is refused, with the nearest name', async () => {
    const error = await expectStackError('CONFIG_INVALID', () =>
      trainingWith({}).plan({}, { config: { steps: { non_existent_step: {} } } }),
    );
    expect(error.problems).toEqual([
      {
        path: 'steps.non_existent_step',
        message: expect.any(String),
        code: 'STEP_NOT_FOUND',
        hint: 'It has load, train.',
      },
    ]);
    const prototype = JSON.parse('{"steps": {"__proto__": {}}}') as RunConfig;
    await expectStackError('CONFIG_INVALID', () => trainingWith({}).plan({}, { config: prototype }));
  });

  it('with a name that no run can have is refused', async () => {
    const stack = await createClusterStack();
    await expectStackError('ARGUMENT_INVALID', () =>
      trainingWith({}).run({}, { stack, config: { runName: '{invalid}' } }),
    );
  });
});
