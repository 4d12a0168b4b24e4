import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commands } from '../src/command-line/command-table.ts';
import { findCommands } from '../src/command-line/find-command.ts';
import { diskFlavorFiles, writeDiskFlavor } from './disk-flavor.ts';
import { cleanEnvironment, type Result, runStack, temporaryFolder, writeFiles } from './run-stack.ts';

// The blunt test: whatever a pipeline and its components do with their secrets, they are in no file of the project and
// in nothing that a command prints, in whatever form. What is searched for is written down here, and not by the masker.

/** Two lines, and characters that every encoding writes in its own way. */
const lines = ['zQ9+mark/er"of\\the?secret', "7c&é%'line two€"];
const markers = { key: lines.join('\n'), region: 'plain<marker>+/=of the region', token: 'tok~marker~settings~42' };

const project = temporaryFolder();
const root = project.path;
/** Where the values are given from, and the key is: outside of what is searched. */
const outside = temporaryFolder();
const environment = { ...cleanEnvironment, HOME: outside.path };

/** What a text looks like in the places where it must not be, each part of which is enough to know it. */
function formsOf(text: string): Map<string, Buffer> {
  const bytes = Buffer.from(text);
  const forms = new Map<string, Buffer>([
    ['as it is', bytes],
    ['JSON', Buffer.from(JSON.stringify(text).slice(1, -1))],
    ['JSON twice', Buffer.from(JSON.stringify(JSON.stringify(text)).slice(3, -3))],
    ['URL', Buffer.from(encodeURIComponent(text))],
    ['form', Buffer.from(new URLSearchParams({ a: text }).toString().slice(2))],
    ['hex', Buffer.from(bytes.toString('hex'))],
    ['hex in capitals', Buffer.from(bytes.toString('hex').toUpperCase())],
    ['UTF-16', Buffer.from(text, 'utf16le')],
  ]);
  for (const shift of [0, 1, 2]) {
    // The characters that are made of the bits of the text alone, wherever it begins.
    const shifted = Buffer.concat([Buffer.alloc(shift), bytes]);
    const core = (encoded: string) =>
      Buffer.from(encoded.slice(Math.ceil((shift * 8) / 6), Math.floor((shifted.length * 8) / 6)));
    forms.set(`base64 at ${shift}`, core(shifted.toString('base64')));
    forms.set(`base64url at ${shift}`, core(shifted.toString('base64url')));
  }
  return forms;
}

const searched = [
  ...Object.entries(markers),
  ...lines.map((line, index) => [`line ${index + 1}`, line] as const),
].flatMap(([name, text]) => [...formsOf(text)].map(([form, bytes]) => ({ what: `${name} as ${form}`, bytes })));

/** What of the markers is in these bytes. */
function found(bytes: Buffer): string[] {
  return searched.filter((one) => bytes.includes(one.bytes)).map(({ what }) => what);
}

/** By file, what of the markers is in the project. */
function foundInFiles(): Readonly<Record<string, readonly string[]>> {
  const files = globSync('**/*', { cwd: root, exclude: ['node_modules/**'] })
    .concat(globSync('.stack/**/*', { cwd: root }))
    .filter((file) => statSync(join(root, file)).isFile());
  const hits = files.map((file) => [file, found(readFileSync(join(root, file)))] as const);
  return Object.fromEntries(hits.filter(([, hit]) => hit.length > 0));
}

const leaky = `
  import { inspect } from 'node:util';
  import { pipeline, step } from '@stack/pipelines';
  import * as z from 'zod';

  const secretsOf = (context) => {
    const { config, settings } = context.stack.get('artifact-store');
    return [config.accessKey.reveal(), config.region, settings.token.reveal()];
  };
  const forms = (text) => {
    const bytes = Buffer.from(text);
    return [text, JSON.stringify({ a: { b: [text] } }), JSON.stringify(JSON.stringify(text)), inspect({ text }),
      encodeURIComponent(text), String(new URLSearchParams({ text })), bytes.toString('hex'), bytes.toString('hex').toUpperCase(),
      ...['', 'x', 'xy'].flatMap((before) => ['base64', 'base64url'].map((encoding) => Buffer.from(before + text + before).toString(encoding)))];
  };
  const tell = (text) => {
    for (const form of forms(text)) console.log('form', form);
    console.error(text, [text], new Error(text));
    console.table([{ text }]);
    for (const stream of [process.stdout, process.stderr]) {
      stream.write('[' + text + ']\\n');
      // In pieces, and without an end of its line.
      for (const piece of text.match(/.{1,3}/gs)) stream.write(piece);
      for (const byte of Buffer.from(text)) stream.write(Buffer.of(byte));
    }
    process.emitWarning('about ' + text);
  };
  class TellingError extends Error {
    constructor(text, options) {
      super('thrown ' + text, options);
      this.name = 'Telling ' + text;
      this.details = { text };
    }
  }

  const print = step({ name: 'print' }, async (_, context) => {
    for (const text of secretsOf(context)) {
      tell(text);
      context.log.info(text, { text });
      context.log.error(new TellingError(text));
    }
    return 'printed';
  });
  const fail = step({ name: 'fail' }, (_, context) => {
    const [key, region, token] = secretsOf(context);
    throw new TellingError(key, { cause: new TellingError(region, { cause: new AggregateError([new Error(token)], token) }) });
  });
  const throwText = step({ name: 'throw-text' }, (_, context) => {
    throw secretsOf(context).join();
  });
  const retry = step({ name: 'retry', retry: { attempts: 2 } }, (_, context) => {
    throw new Error(secretsOf(context).flatMap(forms).join(' '));
  });
  const hooked = step({ name: 'broken-hook' }, () => 'not run');
  const forget = step({ name: 'forget' }, async (_, context) => {
    setTimeout(() => { throw new TellingError(secretsOf(context)[0]); });
    await new Promise((resolve) => setTimeout(resolve, 500));
  });
  const echo = step({ name: 'echo' }, ({ note }) => { console.log(note); });

  const settings = { 'artifact-store.disk': { token: '{{marks.token}}', note: '{{marks.region}}' } };
  const make = (name, body) => pipeline({ name, settings, parameters: z.object({ note: z.string().default('') }) }, body);
  export const printing = make('printing', ({ note }) => { echo({ note }); return print(); });
  export const failing = make('failing', () => fail());
  export const throwing = make('throwing', () => throwText());
  export const retrying = make('retrying', () => retry());
  export const hooking = make('hooking', () => hooked());
  export const forgetting = make('forgetting', () => forget());
`;

const leakyImplementation = `
  import DiskArtifactStore from './disk-implementation.ts';
  export default class LeakyArtifactStore extends DiskArtifactStore {
    async [Symbol.asyncDispose]() {
      console.log('closed with', this.told);
      await super[Symbol.asyncDispose]();
    }
    get told() {
      const { accessKey, region } = this.config;
      return [accessKey.reveal(), region, this.settings.token?.reveal() ?? ''];
    }
    async probe() {
      return { healthy: false, message: 'probed with ' + this.told.join() };
    }
    async prepareStepRun({ step }) {
      console.log('prepared with', this.told);
      if (step === 'broken-hook') throw new Error('cannot prepare with ' + this.told.join(), { cause: this.told });
    }
    async getStepRunMetadata({ settings }) {
      return { told: this.told, [this.told[1]]: settings.note, nested: [{ base64: Buffer.from(this.told[0]).toString('base64') }] };
    }
    async getPipelineRunMetadata() {
      console.log('about the run', this.told);
      process.stdout.write(this.told[0].slice(0, 9));
      process.stdout.write(this.told[0].slice(9));
      return { told: this.told.join() };
    }
    async cleanupStepRun() {
      console.log('cleaned up with', this.told.join());
      throw new Error('cannot clean up ' + this.told.join());
    }
  }
`;

/** A command line for every command at the least; not all of them succeed. */
const session: readonly string[] = [
  'init',
  'artifact-store flavor register flavors/disk.ts#diskFlavor',
  'secret-store set default environment',
  'secret list',
  'secret get marks',
  'secret get marks --key=key',
  'secret export marks.yaml',
  'secret import nowhere.yaml',
  'secret create marks --a=@nowhere.txt',
  'secret update marks --more=@more.txt',
  'artifact-store register leaky --flavor=disk --path=data --access-key={{marks.key}} --region={{marks.region}}',
  'artifact-store update leaky --token={{marks.token}}',
  'secret rename marks others',
  'secret delete marks',
  'stack register leaky --orchestrator=default --artifact-store=leaky --activate',
  'stack validate',
  'stack doctor',
  'stack doctor --live',
  'explain settings leaky.ts#printing',
  'pipeline run leaky.ts#printing --run-name=printing',
  'pipeline run leaky.ts#failing --run-name=failing',
  'pipeline run leaky.ts#throwing --run-name=throwing',
  'pipeline run leaky.ts#retrying --run-name=retrying',
  'pipeline run leaky.ts#hooking --run-name=hooking',
  'pipeline run leaky.ts#forgetting --run-name=forgetting',
  'run list',
  'run describe printing',
  'run describe failing',
  'run describe retrying',
  'run describe hooking',
  'run logs printing',
  'run logs failing',
  'run logs retrying',
  'artifact list',
  'artifact describe <artifact>',
  'artifact cat <artifact>',
  'status',
  'migrate',
  'artifact-store list',
  'artifact-store get',
  'artifact-store gc leaky',
  'artifact-store describe leaky',
  'artifact-store copy leaky copied',
  'artifact-store remove-attribute copied region',
  'artifact-store rename copied other',
  'artifact-store delete other',
  'artifact-store flavor list',
  'artifact-store flavor describe disk',
  'artifact-store flavor update disk',
  'artifact-store flavor delete disk',
  'stack list',
  'stack describe',
  'stack get',
  'stack set leaky',
  'stack copy leaky other',
  'stack rename other another',
  'stack update another --label=a=b',
  'stack add-component another --artifact-store=leaky',
  'stack remove-component another --artifact-store=leaky',
  'stack yaml-schema',
  'stack export leaky leaky.yaml',
  'stack import leaky.yaml --name=imported',
  'stack plan leaky.yaml',
  'stack apply leaky.yaml',
  'stack delete another',
  'secret rekey',
  'store check',
  'store backup backup.db',
  'store restore backup.db',
  'conformance disk --type=artifact-store --path=checked --access-key={{marks.key}} --region={{marks.region}} --case=empty',
  'integration list',
  'integration describe local',
  'integration install none --dry-run',
  'completion bash',
  'schema secret get',
  'version',
];

interface Called {
  readonly line: string;
  readonly hits: readonly string[];
}

const called: Called[] = [];
let artifact = '';

function call(words: readonly string[], options: { env?: NodeJS.ProcessEnv } = {}): Result {
  const result = runStack(root, words, { env: { ...environment, ...options.env } });
  called.push({ line: words.join(' '), hits: found(Buffer.from(result.stdout + result.stderr)) });
  return result;
}

function wordsOf(line: string): string[] {
  return line.replace('<artifact>', artifact).split(' ');
}

beforeAll(() => {
  writeDiskFlavor(root);
  writeFiles(root, {
    'flavors/disk.ts': String(diskFlavorFiles['flavors/disk.ts']).replace('disk-impl', 'leaky-impl'),
    'flavors/leaky-implementation.ts': leakyImplementation,
    'leaky.ts': leaky,
    'more.txt': 'one more value',
  });
  writeFiles(outside.path, { 'marks.json': JSON.stringify({ marks: markers }) });
  call(['init']);
  expect(call(['secret', 'import', join(outside.path, 'marks.json')]).stderr).toBe('');
  for (const line of session) {
    for (const json of [[], ['--json']]) call([...wordsOf(line), ...json]);
    if (line.includes('--run-name=printing')) {
      const { stdout } = call(['artifact', 'list', '--json']);
      artifact = (JSON.parse(stdout) as { data: { id: string }[] }).data[0]?.id ?? '';
    }
  }
  const debug = { env: { STACK_DEBUG: '1' } };
  for (const name of ['failing', 'throwing', 'hooking', 'forgetting'])
    call(['pipeline', 'run', `leaky.ts#${name}`], debug);
  // Typed by the user, and known to be a secret once the components are there.
  call(['pipeline', 'run', 'leaky.ts#printing', `--note=${markers.region}`, '--run-name=noted']);
  for (const line of ['run describe noted', 'run logs noted']) {
    for (const json of [[], ['--json']]) call([...line.split(' '), ...json]);
  }
}, 300_000);

afterAll(() => {
  project[Symbol.dispose]();
  outside[Symbol.dispose]();
});

describe('a secret that steps and components print, throw and put into records', () => {
  it('is used by every command, and in runs that ended as they should', () => {
    const made = new Set(
      session.map((line) => findCommands(wordsOf(line), ['artifact-store', 'secret-store']).commands[0]),
    );
    expect(commands.filter((command) => !made.has(command)).map(({ words }) => words.join(' '))).toEqual([]);
    const described = (name: string) =>
      (JSON.parse(call(['run', 'describe', name, '--json']).stdout) as { data: { state: string; steps: unknown } })
        .data;
    expect(described('printing').state).toBe('completed');
    for (const name of ['failing', 'throwing', 'retrying', 'hooking', 'forgetting']) {
      expect(described(name).state).toBe('failed');
    }
    // They tell something at each place where the secret was.
    expect(JSON.stringify(described('printing').steps)).toMatch(/"told":\["\[secret\]/);
    expect(JSON.stringify(described('failing').steps)).toContain('thrown [secret]');
    expect(JSON.stringify(described('hooking').steps)).toContain('cannot prepare with [secret]');
    const { stdout } = call(['run', 'logs', 'printing']);
    expect(stdout.match(/\[secret\]/g)?.length).toBeGreaterThan(50);
    expect(stdout).toContain('prepared with');
  });

  it('is in nothing that a command prints', () => {
    expect(called.length).toBeGreaterThan(2 * session.length);
    expect(called.filter(({ hits }) => hits.length > 0)).toEqual([]);
  });

  it('is in no file of the project: the database and its WAL, artifacts, logs', () => {
    const files = globSync('.stack/**/*', { cwd: root });
    expect(files.length).toBeGreaterThan(3);
    expect(globSync('data/**/*', { cwd: root }).length).toBeGreaterThan(3);
    expect(foundInFiles()).toEqual({});
  });
});

describe('the search', () => {
  it('finds each form where it is put on purpose', () => {
    for (const { what, bytes } of searched) {
      expect(found(Buffer.concat([Buffer.from('before '), bytes, Buffer.from(' after')]))).toContain(what);
    }
  });

  it('finds what a command reveals, and what it writes into files', () => {
    const { stdout } = runStack(root, ['secret', 'get', 'marks', '--reveal', '--json'], { env: environment });
    expect(found(Buffer.from(stdout))).toContain('key as JSON');
    runStack(root, ['secret', 'export', '.stack/marks.json', '--reveal'], { env: environment });
    expect(Object.keys(foundInFiles())).toEqual(['.stack/marks.json']);
  });
});
