import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cleanEnvironment, type Result, runStack, stack, stackJson, temporaryFolder, writeFiles } from './run-stack.ts';

const folder = temporaryFolder();
const root = folder.path;

const marker = 'mark&er/"7=é+x~ü';
const keyFile = `-----BEGIN KEY-----\n${Buffer.from('the first line of the key').toString('base64')}\nlast-line\n-----END KEY-----\n`;
const endpoint = 'https://in-a-plain-field.example';
const secrets = { TOKEN: marker, KEY: keyFile, ENDPOINT: endpoint };

/** A flavor of the user whose component hands its secrets on to whoever asks. */
const chattyFlavor = `
import { defineFlavor, secretField } from '@stack/core';
import * as z from 'zod';
export const chattyFlavor = defineFlavor({
  type: 'orchestrator',
  name: 'chatty',
  isLocal: true,
  configSchema: z.object({ token: secretField(), key: secretField(), endpoint: z.string() }),
  implementation: () => import('./chatty.ts'),
});
`;

const chatty = `
import { Orchestrator } from '@stack/core';
export default class Chatty extends Orchestrator {
  async runPlan(plan, { executor, signal }) {
    for (const { name } of plan.steps.slice(0, -1)) await executor.execute(name, { signal });
    throw new Error('not with ' + this.config.token.reveal());
  }
  async getPipelineRunMetadata() {
    process.emitWarning('deprecated: ' + this.config.token.reveal(), { detail: this.config.key.reveal() });
    return { config: this.config, [this.config.endpoint]: this.config.key.reveal() };
  }
  async getStepRunMetadata() {
    throw new Error(this.config.key.reveal(), { cause: this.config.token.reveal() });
  }
  async probe() {
    return { healthy: true, message: 'at ' + this.config.endpoint + ' with ' + this.config.token.reveal() };
  }
}
`;

const pipelines = `
import { pipeline, step } from '@stack/pipelines';
import { inspect } from 'node:util';
import * as z from 'zod';
const print = step({ name: 'print', cache: false }, async (_, { stack, log, parameters, spawn }) => {
  const { token, key, endpoint } = stack.orchestrator.config;
  const value = token.reveal();
  console.log(stack.orchestrator.config, value, { value }, JSON.stringify({ value, key: key.reveal() }), parameters);
  console.error(Buffer.from('user:' + value).toString('base64'), encodeURIComponent(value), endpoint);
  log.warn(inspect({ headers: { authorization: value } }), Buffer.from(value).toString('hex'), Buffer.from(value));
  for (const line of key.reveal().split('\\n')) log.info(line);
  const bytes = Buffer.from(value + '\\n');
  for (const byte of bytes) process.stdout.write(Uint8Array.of(byte));
  process.emitWarning('in a step: ' + value, { detail: key.reveal() });
  await spawn('sh', ['-c', 'cat "$TOKEN_FILE"; cat >&2; env'], { secrets: { TOKEN: token }, input: key });
  return 'printed';
});
const fail = step({ name: 'fail', retry: { attempts: 2 } }, async ({ note }, { stack }) => {
  const value = stack.orchestrator.config.token.reveal();
  throw Object.assign(new TypeError('no login with ' + value, { cause: new Error(note) }), { value });
});
const forget = step({ name: 'forget' }, async (_, { stack }) => {
  void Promise.reject(new Error('nobody awaits ' + stack.orchestrator.config.token.reveal()));
  await new Promise((resolve) => setTimeout(resolve, 50));
});
const skipped = step({ name: 'skipped' }, () => 1);
export const leaking = pipeline({ name: 'leaking', parameters: z.object({ note: z.string() }) }, ({ note }) => {
  print();
  fail({ note: 'it says ' + note });
  skipped();
});
export const forgetting = pipeline({ name: 'forgetting' }, () => {
  forget();
  skipped();
});
`;

const environment = {
  ...cleanEnvironment,
  STACK_DEBUG: '1',
  ...Object.fromEntries(Object.entries(secrets).map(([key, value]) => [`STACK_SECRET_API__${key}`, value])),
};

/** What of the secrets can be read out of a text. */
function leaks(text: string): string[] {
  const lines = keyFile.split('\n').filter((line) => line.length > 5);
  const forms = (value: string) => [
    value,
    JSON.stringify(value).slice(1, -1),
    inspect(value).slice(1, -1),
    encodeURIComponent(value),
    Buffer.from(value).toString('hex'),
    // The end of it depends on what follows, and its beginning on what is before.
    ...[0, 1, 2].map((before) =>
      Buffer.from('x'.repeat(before) + value)
        .toString('base64')
        .slice(4, -4),
    ),
  ];
  return [marker, endpoint, ...lines].flatMap(forms).filter((form) => text.includes(form));
}

function run(...words: string[]): Result {
  return runStack(root, words, { env: environment });
}

beforeAll(() => {
  writeFiles(root, { 'chatty-flavor.ts': chattyFlavor, 'chatty.ts': chatty, 'pipelines.ts': pipelines });
  stack(root, 'init');
  stack(root, 'orchestrator', 'flavor', 'register', 'chatty-flavor.ts#chattyFlavor');
  const references = ['--token={{api.token}}', '--key={{api.key}}', '--endpoint={{api.endpoint}}'];
  stack(root, 'orchestrator', 'register', 'chatty', '--flavor=chatty', ...references);
  stack(root, 'register', 'chatting', '--orchestrator=chatty', '--artifact-store=default', '--activate');
});

afterAll(() => folder[Symbol.dispose]());

describe('the secrets of a component', () => {
  it('are in nothing that a run prints, whatever its steps do with them', () => {
    for (const json of [[], ['--json']]) {
      const { status, stdout, stderr } = run('pipeline', 'run', 'pipelines.ts#leaking', `--note=${marker}`, ...json);
      expect(leaks(stdout + stderr)).toEqual([]);
      expect(status).toBe(1);
      expect(stdout).toContain('no login with [secret]');
      expect(stderr).toContain('deprecated: [secret]');
    }
    const forgotten = run('pipeline', 'run', 'pipelines.ts#forgetting');
    expect(forgotten.stderr).toContain('nobody awaits [secret]');
    expect(leaks(forgotten.stdout + forgotten.stderr)).toEqual([]);
  });

  it('are in nothing that other commands print of it', () => {
    const [{ name = '' } = {}] = stackJson<{ name: string }[]>(root, 'run', 'list').data.slice(-1);
    const commands = [
      ['run', 'describe', name],
      ['run', 'logs', name],
      ['run', 'list'],
      ['artifact', 'list'],
      ['orchestrator', 'describe', 'chatty'],
      ['describe', 'chatting'],
      ['validate', 'chatting'],
      ['doctor', 'chatting', '--live'],
      ['explain', 'settings', 'pipelines.ts#leaking'],
      ['pipeline', 'run', 'pipelines.ts#leaking', `--other=${marker}`],
    ];
    for (const words of commands) {
      for (const json of [[], ['--json']]) {
        const { stdout, stderr } = run(...words, ...json);
        expect({ words, leaks: leaks(stdout + stderr) }).toEqual({ words, leaks: [] });
      }
    }
    expect(run('run', 'describe', name, '--json').stdout).toContain('"note": "[secret]"');
    const logs = run('run', 'logs', name).stdout;
    for (const line of ["authorization: '[secret]'", 'in a step: [secret]', 'TOKEN_FILE=/'])
      expect(logs).toContain(line);
    expect(run('doctor', 'chatting', '--live').stdout).toContain('at [secret] with [secret]');
  });

  it('are in no file of the project', () => {
    const files = readdirSync(join(root, '.stack'), { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    expect(files.length).toBeGreaterThan(3);
    for (const { parentPath, name } of files) {
      expect({ name, leaks: leaks(readFileSync(join(parentPath, name), 'utf8')) }).toEqual({ name, leaks: [] });
    }
  });

  it('stay references when the component is changed, and no mask takes their place', () => {
    stack(root, 'orchestrator', 'update', 'chatty', '--label=owner=me');
    const config = { token: '{{api.token}}', key: '{{api.key}}', endpoint: '{{api.endpoint}}' };
    expect(stackJson(root, 'orchestrator', 'describe', 'chatty').data).toMatchObject({ config });
    const copied = stackJson(root, 'orchestrator', 'update', 'chatty', '--endpoint=https://[secret]/');
    expect(copied).toMatchObject({ ok: false, error: { code: 'CONFIG_INVALID' } });
    const parameter = stackJson(root, 'pipeline', 'run', 'pipelines.ts#leaking', '--note=[secret]', '--stack=default');
    expect(parameter).toMatchObject({ ok: false, error: { code: 'CONFIG_INVALID' } });
    expect(stackJson(root, 'orchestrator', 'describe', 'chatty').data).toMatchObject({ config });
  });
});
