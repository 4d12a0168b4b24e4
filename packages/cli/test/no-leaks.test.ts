import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import {
  addMaskedValue,
  checkConfig,
  createComponent,
  createStack,
  type JsonObject,
  type JsonValue,
  maskValue,
  Orchestrator,
  type Plan,
  type RunContext,
  resolveSecretReferences,
  type SecretReference,
  type Stack,
  StackError,
} from '@stack/core';
import { localArtifactStoreFlavor } from '@stack/integration-local';
import { pipeline, type RunEvent, step } from '@stack/pipelines';
import { type MetadataStore, openStore } from '@stack/store';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { report } from '../src/output/report.ts';
import { renderFields, renderTable } from '../src/output/table.ts';

const numRuns = process.env.STACK_TEST_LONG === '1' ? 2_000 : 150;

/** Not what stands in outputs anyway, such as `constructor`. */
const line = fc
  .oneof(
    fc.string({ minLength: 8, maxLength: 30 }),
    fc.string({ minLength: 8, maxLength: 20, unit: 'binary' }),
    fc.string({ minLength: 8, maxLength: 30, unit: fc.constantFrom(...'\'"`\\%+/&<>{}[]:,$é🔑aB1') }),
    fc.base64String({ minLength: 12, maxLength: 60 }),
  )
  .filter((text) => new Set(text).size > 5 && !(text.trim() in {}) && text.isWellFormed());
const secret = fc.oneof(
  { weight: 3, arbitrary: line },
  { weight: 1, arbitrary: fc.array(line, { minLength: 2, maxLength: 4 }).map((lines) => lines.join('\n')) },
);

const asciiJson = (text: string) =>
  JSON.stringify(text).replaceAll(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
const withPassword = (password: string) => Object.assign(new URL('db://user@host/x'), { password }).href;

/** How a secret gets into a text, besides as it is. */
const encodings: Record<string, (value: string) => string> = {
  plain: (value) => `(${value})`,
  json: (value) => JSON.stringify({ value }),
  asciiJson,
  inspect: (value) => inspect({ value }),
  component: (value) => `https://host/?a=${encodeURIComponent(value)}&b`,
  smallHexUrl: (value) => encodeURIComponent(value).replaceAll(/%../g, (hex) => hex.toLowerCase()),
  form: (value) => new URLSearchParams({ value, other: '1' }).toString(),
  password: withPassword,
  hex: (value) => Buffer.from(value).toString('hex'),
  capitalHex: (value) => Buffer.from(value).toString('hex').toUpperCase(),
  base64: (value) => Buffer.from(value).toString('base64'),
  base64url: (value) => Buffer.from(value).toString('base64url'),
  basic1: (value) => `Basic ${Buffer.from(`u${value}`).toString('base64')}`,
  basic2: (value) => `Basic ${Buffer.from(`u:${value}!`).toString('base64')}`,
};

/** The texts that can be read out of a text, by undoing what the encodings do. */
function* readings(text: string): Iterable<string> {
  let unescaped = text;
  for (let level = 0; level < 4; level++) {
    yield unescaped;
    unescaped = unescaped.replaceAll(/\\(?:u([0-9a-f]{4})|x([0-9a-f]{2})|(.))/gis, (_, unicode, byte, other) =>
      other === undefined
        ? String.fromCharCode(Number.parseInt(String(unicode ?? byte), 16))
        : ({ n: '\n', r: '\r', t: '\t', b: '\b', f: '\f', v: '\v', 0: '\0' }[String(other)] ?? String(other)),
    );
  }
  const bytes = (percent: string) => Buffer.from(percent.replaceAll('%', ''), 'hex').toString();
  const unquoted = text.replaceAll(/(?:%[0-9a-f]{2})+/gi, bytes);
  yield unquoted;
  yield text.replaceAll('+', ' ').replaceAll(/(?:%[0-9a-f]{2})+/gi, bytes);
  for (const [run] of text.matchAll(/(?:[0-9a-f]{2}){6,}/gi)) yield Buffer.from(run, 'hex').toString();
  for (const [run] of text.matchAll(/[\w+/-]{8,}/g)) {
    for (let start = 0; start < 4; start++) yield Buffer.from(run.slice(start), 'base64').toString();
  }
}

function leaks(text: string, values: readonly string[]): string[] {
  const parts = values.flatMap((value) => [value, ...value.split('\n').map((one) => one.trim())]);
  const wanted = [...new Set(parts)].filter((part) => part.trim().length >= 6);
  return [...readings(text)].flatMap((reading) => wanted.filter((part) => reading.includes(part)));
}

interface Case {
  readonly values: readonly string[];
  /** Leaks in texts and keys, at any depth. */
  readonly data: JsonObject;
  readonly text: string;
  readonly cuts: readonly number[];
}

const cases: fc.Arbitrary<Case> = fc.uniqueArray(secret, { minLength: 1, maxLength: 3 }).chain((values) => {
  const encoded = fc
    .tuple(fc.constantFrom(...values), fc.constantFrom(...Object.values(encodings)))
    .map(([value, encode]) => encode(value));
  const text = fc
    .array(fc.oneof(encoded, fc.constantFrom('a ', 'ü', ' é\n', '')), { minLength: 1 })
    .map((all) => all.join(' '));
  const { data } = fc.letrec<{ data: JsonValue }>((tie) => ({
    data: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      text,
      fc.constantFrom(1, null, true),
      fc.array(tie('data'), { maxLength: 3 }),
      fc.dictionary(fc.oneof(text, fc.constantFrom('key', 'other')), tie('data'), { maxKeys: 3 }),
    ),
  }));
  return fc.record({
    values: fc.constant(values),
    data: fc.record({ data, leak: text }),
    text,
    cuts: fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 20 }),
  });
});

/** Inputs of a config with references at any depth. */
const inputs = fc
  .letrec<{ data: JsonValue }>((tie) => ({
    data: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.nat(3).map((key) => `{{some-secret.${key}}}`),
      fc.constantFrom('a text', 1, null, true),
      fc.array(tie('data'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b', '__proto__'), tie('data'), { maxKeys: 3 }),
    ),
  }))
  .data.map((data): JsonObject => ({ data }));

/** Puts the secrets wherever a component can put something. */
class LeakingOrchestrator extends Orchestrator {
  readonly leak: Case;

  constructor(leak: Case) {
    const context = { id: 'x', name: 'leaking', type: 'orchestrator', flavor: 'leaking', config: {}, settings: {} };
    super({ ...context, labels: {}, baseDirectory: '/', overrides: {} });
    this.leak = leak;
  }

  override async runPlan(plan: Plan, { executor, signal }: RunContext): Promise<void> {
    for (const { name } of plan.steps.slice(0, -1)) await executor.execute(name, { signal });
    throw new Error(this.leak.text);
  }

  override async getStepRunMetadata(): Promise<JsonObject> {
    return this.leak.data;
  }

  override async getPipelineRunMetadata(): Promise<JsonObject> {
    return this.leak.data;
  }

  override async cleanupStepRun(): Promise<void> {
    throw Object.assign(new Error(this.leak.text, { cause: this.leak.data }), this.leak.data);
  }
}

let current: Case;

const print = step({ name: 'print' }, ({ data }: { data: JsonValue }, { log }) => {
  console.log(data, JSON.stringify(data));
  console.error('%o %j %s', data, data, current.text);
  log.info(data, inspect(data, { depth: 9 }));
  const bytes = Buffer.from(`${current.text}\n${JSON.stringify(data)}\n`);
  let at = 0;
  for (const size of current.cuts) {
    process.stdout.write(bytes.subarray(at, at + size));
    at += size;
  }
  process.stdout.write(bytes.subarray(at));
});
const fail = step({ name: 'fail', retry: { attempts: 2, baseDelay: 0 } }, ({ data }: { data: JsonValue }) => {
  throw Object.assign(new TypeError(current.text, { cause: new AggregateError([new Error(current.text)], 'many') }), {
    data,
  });
});
const skipped = step({ name: 'skipped' }, (_: { data: JsonValue }) => 1);
const leaking = pipeline({ name: 'leaking', parameters: z.object({ data: z.json() }) }, ({ data }) => {
  print({ data });
  fail({ data });
  skipped({ data });
});

const folder = mkdtempSync(join(tmpdir(), 'stack-no-leaks-'));
const artifactStore = createComponent(localArtifactStoreFlavor, { name: 'local', config: { path: folder } });

let store: MetadataStore;

beforeAll(async () => {
  vi.stubEnv('STACK_DEBUG', '1');
  store = await openStore({ file: join(folder, 'stack.db'), create: true });
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await store[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

function readLogs(runId: string): string {
  const logs = join(folder, 'logs', runId);
  const files = readdirSync(logs, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map((file) => readFileSync(join(file.parentPath, file.name), 'utf8')).join('');
}

async function printed(outcome: Parameters<typeof report>[0], isJson: boolean): Promise<string> {
  let text = '';
  const spies = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation((chunk, ...rest: unknown[]) => {
      text += String(chunk);
      for (const done of rest) if (typeof done === 'function') done();
      return true;
    }),
  );
  await report(outcome, isJson);
  for (const spy of spies) spy.mockRestore();
  return text;
}

/** What a run leaves, and what is seen of it, each by its name. */
async function outputsOf(leak: Case): Promise<Record<string, string>> {
  current = leak;
  const events: RunEvent[] = [];
  const stack: Stack = await createStack({
    name: 'test',
    orchestrator: new LeakingOrchestrator(leak),
    artifactStore,
  });
  const onEvent = (event: RunEvent) => events.push(event);
  const parameters = { data: leak.data as z.core.util.JSONType };
  const failure: unknown = await leaking
    .run(parameters, { stack, runStore: store.runs, onEvent })
    .catch((error) => error);
  expect(StackError.is(failure, 'RUN_FAILED')).toBe(true);
  const run = await store.runs.getRun(events[0]?.runId ?? '');
  const error = new StackError({
    code: 'CONFIG_INVALID',
    message: leak.text,
    hint: leak.text,
    problems: [{ path: leak.text, message: leak.text }],
    cause: Object.assign(new Error(leak.text), leak.data),
  });
  const screen = { width: 40, paint: (_tone: unknown, text: string) => text };
  const rows = Object.entries(leak.data).map(([key, value]) => [
    key,
    typeof value === 'string' ? value : inspect(value),
  ]);
  const output = { data: leak.data, text: leak.text, error, warnings: [error] };
  return {
    run: JSON.stringify(run),
    steps: JSON.stringify(await store.runs.listStepRuns(run.id)),
    events: JSON.stringify(events),
    'events inspected': inspect(events, { depth: Infinity }),
    log: readLogs(run.id),
    'the error of the run': inspect(failure, { depth: Infinity, showHidden: true }),
    'an error': inspect(error, { depth: Infinity, showHidden: true }),
    '--json': await printed({ output }, true),
    'the text of a command': await printed({ output }, false),
    'an error that was thrown': await printed({ thrown: failure }, true),
    'a table': renderTable(['KEY', 'VALUE'], rows, screen),
    'a narrow table': renderFields(
      rows.map(([key = '', value = '']) => [key, value]),
      screen,
    ).replaceAll(/\n\s*/g, ''),
  };
}

// The long tests take minutes on a busy machine.
describe('secrets', { timeout: 20 * 60_000 }, () => {
  it('are in no output of a run or command, whatever they are, however they got there', async () => {
    const seen = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(cases, async (leak) => {
        for (const value of leak.values) addMaskedValue(value);
        for (const [name, text] of Object.entries(await outputsOf(leak))) {
          expect({ name, leaks: leaks(text, leak.values) }).toEqual({ name, leaks: [] });
          if (text.includes('[secret]')) seen.set(name, (seen.get(name) ?? 0) + 1);
        }
      }),
      { numRuns },
    );
    // Each of the places had secrets.
    expect(Math.min(...seen.values())).toBeGreaterThan(numRuns / 2);
    expect(seen.size).toBe(12);
  });

  it('are never stored, nor masks in their place: what is saved keeps its references', async () => {
    const schema = z.object({ data: z.json() });
    let count = 0;
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(secret, { minLength: 1, maxLength: 4 }), inputs, async (values, config) => {
        const resolver = {
          resolve: async (references: readonly SecretReference[]) =>
            references.map(({ key }) => values[Number(key) % values.length]),
          describeMissing: () => '',
        };
        const { id } = await store.components.add({
          type: 'alerter',
          name: `a${count++}`,
          flavor: 'x',
          configVersion: 1,
          config,
        });
        const resolved = await resolveSecretReferences(config, resolver);
        await store.components.update('alerter', id, (current) => ({ config: { ...current.config, more: true } }));
        const saved = await store.components.get('alerter', id);
        expect(saved.config).toEqual({ ...config, more: true });
        expect(maskValue(saved.config)).toBe(saved.config);
        const shown = maskValue(resolved);
        expect(leaks(JSON.stringify(shown), values)).toEqual([]);
        // What is shown cannot be saved.
        expect(checkConfig(schema, shown).length > 0).toBe(JSON.stringify(shown) !== JSON.stringify(config));
      }),
      { numRuns },
    );
  });
});
