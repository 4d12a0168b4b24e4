import { globSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { diskFlavorFiles, writeDiskFlavor } from './disk-flavor.ts';
import { found, foundInFiles, markers, searched } from './marker-search.ts';
import { temporaryFolder, writeFiles } from './run-stack.ts';
import { everyCommand, SearchedSession } from './searched-session.ts';

// The blunt test: whatever a pipeline and its components do with their secrets, they are in no file of the project and
// in nothing that a command prints, in whatever form.

const project = temporaryFolder();
const root = project.path;
/** Where the values are given from, and the key is: outside of what is searched. */
const outside = temporaryFolder();
const session = new SearchedSession(root, outside.path);

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

const lines = everyCommand([
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
  'run explain-cache printing',
  'run logs printing',
  'run logs failing',
  'run logs retrying',
  'run watch failing',
  'run resume failing',
]);

beforeAll(() => {
  writeDiskFlavor(root);
  writeFiles(root, {
    'flavors/disk.ts': String(diskFlavorFiles['flavors/disk.ts']).replace('disk-impl', 'leaky-impl'),
    'flavors/leaky-implementation.ts': leakyImplementation,
    'leaky.ts': leaky,
    'more.txt': 'one more value',
  });
  writeFiles(outside.path, { 'marks.json': JSON.stringify({ marks: markers }) });
  session.call(['init']);
  expect(session.call(['secret', 'import', join(outside.path, 'marks.json')]).stderr).toBe('');
  session.callAll(lines);
  for (const name of ['failing', 'throwing', 'hooking', 'forgetting'])
    session.call(['pipeline', 'run', `leaky.ts#${name}`], { STACK_DEBUG: '1' });
  // Typed by the user, and known to be a secret once the components are there.
  session.call(['pipeline', 'run', 'leaky.ts#printing', `--note=${markers.region}`, '--run-name=noted']);
  session.callAll(['run describe noted', 'run logs noted']);
}, 300_000);

afterAll(() => {
  project[Symbol.dispose]();
  outside[Symbol.dispose]();
});

describe('a secret that steps and components print, throw and put into records', () => {
  it('is used by every command, and in runs that ended as they should', () => {
    expect(session.missing(lines)).toEqual([]);
    const described = (name: string) => session.data<{ state: string; steps: unknown }>('run', 'describe', name);
    expect(described('printing').state).toBe('completed');
    for (const name of ['failing', 'throwing', 'retrying', 'hooking', 'forgetting']) {
      expect(described(name).state).toBe('failed');
    }
    // They tell something at each place where the secret was.
    expect(JSON.stringify(described('printing').steps)).toMatch(/"told":\["\[secret\]/);
    expect(JSON.stringify(described('failing').steps)).toContain('thrown [secret]');
    expect(JSON.stringify(described('hooking').steps)).toContain('cannot prepare with [secret]');
    const { stdout } = session.call(['run', 'logs', 'printing']);
    expect(stdout.match(/\[secret\]/g)?.length).toBeGreaterThan(50);
    expect(stdout).toContain('prepared with');
  });

  it('is in nothing that a command prints', () => {
    expect(session.called.length).toBeGreaterThan(2 * lines.length);
    expect(session.called.filter(({ hits }) => hits.length > 0)).toEqual([]);
  });

  it('is in no file of the project: the database and its WAL, artifacts, logs', () => {
    const files = globSync('.stack/**/*', { cwd: root });
    expect(files.length).toBeGreaterThan(3);
    expect(globSync('data/**/*', { cwd: root }).length).toBeGreaterThan(3);
    expect(foundInFiles(root)).toEqual({});
  });
});

describe('the search', () => {
  it('finds each form where it is put on purpose', () => {
    for (const { what, bytes } of searched) {
      expect(found(Buffer.concat([Buffer.from('before '), bytes, Buffer.from(' after')]))).toContain(what);
    }
  });

  it('finds what a command reveals, and what it writes into files', () => {
    const { stdout } = session.call(['secret', 'get', 'marks', '--reveal', '--json']);
    expect(found(Buffer.from(stdout))).toContain('key as JSON');
    session.call(['secret', 'export', '.stack/marks.json', '--reveal']);
    expect(Object.keys(foundInFiles(root))).toEqual(['.stack/marks.json']);
  });
});
