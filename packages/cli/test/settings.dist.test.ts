import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cleanEnvironment, runStack, stack, stackJson, temporaryFolder, writeFiles } from './run-stack.ts';

const folder = temporaryFolder();
const root = folder.path;

/** An orchestrator of the user that keeps with each step what its settings for it were. */
const echoFlavor = `
import { defineFlavor, runSetting, secretField } from '@stack/core';
import * as z from 'zod';
export const echoFlavor = defineFlavor({
  type: 'orchestrator',
  name: 'echo',
  isLocal: true,
  configSchema: z.object({}),
  settingsSchema: z.object({
    memory: z.string().default('1Gi'),
    cpu: z.number().optional(),
    pods: z.object({ limit: z.int().optional(), tags: z.array(z.string()).optional() }).optional(),
    token: secretField().optional(),
    workers: runSetting(z.int().min(1).default(1)),
  }),
  implementation: () => import('./echo.ts'),
});
`;

const echo = `
import { Orchestrator } from '@stack/core';
export default class Echo extends Orchestrator {
  async runPlan(plan, { executor, signal }) {
    for (const { name } of plan.steps) await executor.execute(name, { signal });
  }
  async getStepRunMetadata({ settings: { token, ...settings } }) {
    return { settings, tokenLength: token?.reveal().length ?? 0 };
  }
}
`;

const training = `
import { settingsFor } from '@stack/core';
import { pipeline, step } from '@stack/pipelines';
import * as z from 'zod';
import { echoFlavor } from '../flavors/echo-flavor.ts';
const load = step({ name: 'load' }, () => 1);
const train = step(
  { name: 'train', settings: settingsFor(echoFlavor, { cpu: 1, pods: { tags: ['code'] } }) },
  ({ rows, factor }: { rows: number; factor: number }) => rows * factor,
);
export const training = pipeline(
  {
    name: 'training',
    parameters: z.object({ factor: z.number() }),
    settings: { 'orchestrator.echo': { memory: '2Gi', pods: { limit: 1 } } },
  },
  ({ factor }) => train({ rows: load(), factor }),
);
export const misspelt = pipeline({ name: 'misspelt', settings: { 'orchestrator.ehco': {} } }, () => load());
`;

const runConfig = `
stack: echoing
runName: from-the-file
parameters: { factor: 3 }
settings:
  orchestrator: { pods: { limit: 2 }, workers: 2 }
steps:
  train:
    settings:
      orchestrator:echo: { cpu: 8, memory: null, token: "{{echo.token}}" }
`;

const brokenConfig = `
settings:
  orchestrater: { cpu: 1 }
  artifact-store: { region: eu }
steps:
  tran: {}
  load: { settings: { orchestrator: { concurency: 3 } } }
`;

beforeAll(() => {
  writeFiles(root, {
    'flavors/echo-flavor.ts': echoFlavor,
    'flavors/echo.ts': echo,
    'pipelines/training.ts': training,
    'pipelines/run.yaml': runConfig,
    'broken.yaml': brokenConfig,
    'shape.json': '{"setings": {}, "steps": {"load": {"setting": {}}}}',
  });
  stack(root, 'init');
  stack(root, 'orchestrator', 'flavor', 'register', 'flavors/echo-flavor.ts#echoFlavor');
  stack(root, 'orchestrator', 'register', 'echo', '--flavor=echo', '--cpu=0.5', '--token={{echo.token}}');
  stack(root, 'register', 'echoing', '--orchestrator=echo', '--artifact-store=default');
});

afterAll(() => folder[Symbol.dispose]());

interface ShownSettings {
  readonly settings: readonly Row[];
  readonly steps: readonly { readonly step: string; readonly settings: readonly Row[] }[];
  readonly ignored: readonly { readonly selector: string; readonly step?: string }[];
}
interface Row {
  readonly setting: string;
  readonly value: unknown;
  readonly origin: string;
  readonly isInForce: boolean;
}

describe('a run with a run config', () => {
  it('takes parameters, settings, name and stack from the file, relative to the working directory; options beat it', () => {
    const env = { ...cleanEnvironment, STACK_SECRET_ECHO__TOKEN: 'twelve-chars' };
    const commandLine = ['pipeline', 'run', 'training.ts#training', '--config=run.yaml', '--factor=4', '--json'];
    const { stdout, stderr } = runStack(join(root, 'pipelines'), commandLine, { env });
    expect(stderr).toBe('');
    expect(stdout).not.toContain('twelve-chars');
    const { data } = JSON.parse(stdout);
    expect(data).toMatchObject({ name: 'from-the-file', stack: 'echoing', state: 'completed', result: 4 });
    const metadata = (data.steps as { metadata: { components: unknown } }[]).map((step) => step.metadata.components);
    expect(metadata).toEqual([
      {
        'orchestrator/echo': {
          settings: { memory: '2Gi', cpu: 0.5, pods: { limit: 2 }, workers: 2 },
          tokenLength: 12,
        },
      },
      {
        'orchestrator/echo': {
          settings: { memory: '1Gi', cpu: 8, pods: { limit: 2, tags: ['code'] }, workers: 2 },
          tokenLength: 12,
        },
      },
    ]);
  });

  it('tells all problems at once, with the nearest names, and runs nothing', () => {
    const commandLine = ['pipeline', 'run', 'pipelines/training.ts#training', '--factor=1', '--config=broken.yaml'];
    const { status, stderr } = runStack(root, commandLine);
    expect(status).toBe(2);
    expect(stderr).toContain('error CONFIG_INVALID: The settings of the pipeline "training" on the stack "default"');
    expect(stderr).toMatch(/settings\.orchestrater: .*Did you mean "orchestrator"/);
    expect(stderr).toMatch(/settings\.artifact-store\.region: is not an option/);
    expect(stderr).toMatch(/steps\.tran: .*Did you mean "train"\?/);
    expect(stderr).toMatch(/steps\.load\.settings\.orchestrator\.concurency: .*Did you mean "concurrency"\?/);
    const shape = stackJson(root, ...commandLine.slice(0, -1), '--config=shape.json');
    expect(shape.error.problems?.map(({ path }) => path)).toEqual(['steps.load.setting', 'setings']);
    expect(shape.error.message).toContain('The run config of shape.json is not valid');
    const words = ['pipeline', 'run', 'pipelines/training.ts#training', '--fator=1', '--factor=x'];
    const all = stackJson(root, ...words, '--config=shape.json', '--stack=nowhere', '--run-name=-').error;
    expect(all.message.split('\n').map((line) => line.replace(/[:,.].*/, ''))).toEqual([
      'The run config of shape',
      '  steps',
      '  setings',
      'The parameters of the pipeline "training" are not valid',
      '  fator',
      '  factor',
      expect.stringContaining('nowhere'),
    ]);
    const none = stackJson(root, ...commandLine.slice(0, -1), '--config=none.yaml');
    expect(none.error.code).toBe('FILE_NOT_FOUND');
    expect(stackJson(root, 'pipeline', 'run', 'pipelines/training.ts#misspelt').error).toMatchObject({
      code: 'CONFIG_INVALID',
      hint: expect.stringContaining('"orchestrator.echo"'),
    });
    expect(stack(root, 'run', 'list')).not.toContain('misspelt');
  });
});

describe('explain settings', () => {
  const words = ['explain', 'settings', 'pipelines/training.ts#training', '--factor=1'];

  it('shows every value of a step with its origin, also those overridden, and loads no implementation', () => {
    rmSync(join(root, 'flavors/echo.ts'));
    const table = stack(root, ...words, 'train', '--config=pipelines/run.yaml');
    expect(table.split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['Settings of the step "train" of the pipeline "training" on the stack "echoing":'],
      ['COMPONENT', 'SETTING', 'VALUE', 'FROM', 'EFFECT'],
      ['orchestrator:echo', 'cpu', '8', 'run-config-step', 'holds'],
      ['orchestrator:echo', 'cpu', '1', 'step', 'overridden'],
      ['orchestrator:echo', 'cpu', '0.5', 'component', 'overridden'],
      ['orchestrator:echo', 'memory', 'run-config-step', 'takes back'],
      ['orchestrator:echo', 'memory', '2Gi', 'pipeline', 'overridden'],
      ['orchestrator:echo', 'memory', '1Gi', 'default', 'holds'],
      ['orchestrator:echo', 'pods.limit', '2', 'run-config', 'holds'],
      ['orchestrator:echo', 'pods.limit', '1', 'pipeline', 'overridden'],
      ['orchestrator:echo', 'pods.tags', '["code"]', 'step', 'holds'],
      ['orchestrator:echo', 'token', '{{echo.token}}', 'run-config-step', 'holds'],
      ['orchestrator:echo', 'token', '{{echo.token}}', 'component', 'overridden'],
      ['orchestrator:echo', 'workers', '2', 'run-config', 'holds'],
      ['orchestrator:echo', 'workers', '1', 'default', 'overridden'],
      [''],
    ]);
    const { data } = stackJson<ShownSettings>(root, ...words, '--stack=echoing');
    expect(data.settings.filter(({ setting }) => setting === 'memory')).toMatchObject([
      { value: '2Gi', origin: 'pipeline', isInForce: true },
      { value: '1Gi', origin: 'default', isInForce: false },
    ]);
    expect(data.steps.map(({ step }) => step)).toEqual(['load', 'train']);
    expect(data.steps[0]?.settings).toEqual(data.settings);
  });

  it('shows what has no effect on the stack, and the problems beside the values', () => {
    expect(stack(root, ...words)).toMatch(
      /orchestrator\.echo +step +train +the stack has no orchestrator of the flavor echo/,
    );
    expect(stackJson(root, ...words, 'lod').error).toMatchObject({
      code: 'STEP_NOT_FOUND',
      hint: 'Did you mean "load"?',
    });
    const broken = stackJson<ShownSettings>(root, 'explain', 'settings', 'pipelines/training.ts#misspelt');
    expect(broken).toMatchObject({ ok: false, data: { pipeline: 'misspelt' }, error: { code: 'CONFIG_INVALID' } });
  });
});
