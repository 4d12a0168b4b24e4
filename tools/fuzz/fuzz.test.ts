import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommandDescription } from '../../packages/cli/src/command-line/command.ts';
import { commands } from '../../packages/cli/src/command-line/command-table.ts';
import { findCommands } from '../../packages/cli/src/command-line/find-command.ts';
import { flavorFurtherOptions } from '../../packages/cli/src/command-line/flavor-further-options.ts';
import { commandHelp } from '../../packages/cli/src/command-line/help.ts';
import { Invocation } from '../../packages/cli/src/command-line/invocation.ts';
import { argumentsError, parseArguments } from '../../packages/cli/src/command-line/parse-arguments.ts';
import { usage } from '../../packages/cli/src/command-line/usage.ts';
import { screenOf } from '../../packages/cli/src/output/screen.ts';
import { coerceOptions, type Option } from '../../packages/core/src/config/coerce-options.ts';
import { configJsonSchema } from '../../packages/core/src/config/config-schema.ts';
import { secretFieldPaths } from '../../packages/core/src/config/json-schema.ts';
import { checkConfig, configError, parseConfig } from '../../packages/core/src/config/parse-config.ts';
import { discoverIntegrations } from '../../packages/core/src/discovery/discover-integrations.ts';
import { errorCodes } from '../../packages/core/src/errors/error-codes.ts';
import { StackError } from '../../packages/core/src/errors/stack-error.ts';
import type { JsonObject } from '../../packages/core/src/json.ts';
import { type Manifest, parseManifest } from '../../packages/core/src/manifest/manifest.ts';
import { type AppliedSettings, mergeSettings } from '../../packages/core/src/settings/merge-settings.ts';
import type { SettingsBySelector } from '../../packages/core/src/settings/settings-layer.ts';
import { settingsInCode } from '../../packages/pipelines/src/settings/settings-in-code.ts';
import { editInput } from '../../packages/project/src/components/edit-input.ts';
import { parseDocument } from '../../packages/project/src/documents/read-document.ts';
import { parseStackDocument, stackDocumentJson } from '../../packages/project/src/documents/stack-document.ts';
import { stackJsonSchema } from '../../packages/project/src/documents/stack-json-schema.ts';
import { type FlavorEntry, findFlavor } from '../../packages/project/src/flavors/flavor-catalog.ts';
import { fuzzedConfigSchema } from './fuzzed-config-schema.ts';
import { fields, formatJson, jsonText, manifestText, name, valueInCode } from './hostile-input.ts';

const isLong = process.env.STACK_TEST_LONG === '1';
// For each of the five kinds of input: 100,000 together.
const options = { numRuns: isLong ? 20_000 : 300 };
const longTimeout = 30 * 60_000;

/** In milliseconds: far more than any answer takes, since tests share a machine. */
const patience = 5_000;

const prototypes = [Object.prototype, Array.prototype, Function.prototype, String.prototype];
const untouched = prototypes.map((prototype) => new Set(Reflect.ownKeys(prototype)));

/** What `work` gives; `undefined` when it is a coded error. Fails on any other, and on all that must never happen. */
async function answer<Result>(work: () => Result | Promise<Result>): Promise<Result | undefined> {
  const started = performance.now();
  try {
    return await work();
  } catch (error) {
    if (!StackError.is(error) || !Object.hasOwn(errorCodes, error.code)) throw error;
    const printed = JSON.stringify(error);
    if (/\\n\s+at .*(?:file:|node:|\.[jt]s:)/.test(printed)) throw new Error(`It shows a stack trace: ${printed}`);
    return undefined;
  } finally {
    checkWorld(performance.now() - started);
  }
}

/** By hand, since it is asked a million times, and `expect` takes longer than what is tested. */
function checkWorld(duration: number): void {
  if (duration > patience) expect.fail(`It took ${duration} ms`);
  for (const [index, prototype] of prototypes.entries()) {
    const added = Reflect.ownKeys(prototype).filter((key) => untouched[index]?.has(key) !== true);
    // Taken back, so that fast-check can find a smaller input that does it.
    for (const key of added) Reflect.deleteProperty(prototype, key);
    if (added.length > 0) expect.fail(`A prototype has got ${added.map(String).join()}`);
  }
}

const jsonSchema = configJsonSchema(fuzzedConfigSchema);

const option: fc.Arbitrary<Option> = fc.tuple(
  fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...Object.keys(fuzzedConfigSchema.shape), 'secret-key', 'nested.deep') },
    fc.array(name, { minLength: 1, maxLength: 4 }).map((segments) => segments.join('.')),
    fc.tuple(fc.constantFrom('extra', 'nested', 'headers', 'login'), name).map((segments) => segments.join('.')),
    fc.tuple(fc.constant('headersByHost'), name, name).map((segments) => segments.join('.')),
  ),
  fc.oneof({ weight: 5, arbitrary: jsonText }, name, fc.constant<true>(true)),
);

describe('whatever is given, the answer is a result or an error with a code:', () => {
  it('configs and settings', { timeout: longTimeout }, async () => {
    const levels = fc.array(fields, { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(valueInCode, fields, levels, async (value, own, applied) => {
        for (const input of [value, own]) {
          await answer(() => checkConfig(fuzzedConfigSchema, input));
          const parsed = await answer(() => parseConfig(fuzzedConfigSchema, input, 'it'));
          if (parsed !== undefined) expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
        }
        await answer(() => {
          const [first = {}, ...rest] = [own, ...applied].map(
            (values) => settingsInCode({ it: values } as SettingsBySelector, 'it').it,
          );
          mergeSettings(first, rest.map(asLevel));
        });
      }),
      options,
    );
  });

  it('options', { timeout: longTimeout }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(option, { maxLength: 5 }), fields, async (given, stored) => {
        const coerced = await answer(() => coerceOptions(jsonSchema, given));
        expect(coerced).toBeDefined();
        const { input = {}, problems = [] } = coerced ?? {};
        // What is read is stored, and printed.
        expect(Object.keys(JSON.parse(JSON.stringify(input)))).toEqual(Object.keys(input));
        await answer(() => {
          if (problems.length > 0) throw configError('it', problems);
        });
        await answer(() => checkConfig(fuzzedConfigSchema, input));
        const parts = { configSchema: jsonSchema, settingsSchema: { type: 'object' } };
        await answer(() => editInput(parts, { config: stored as JsonObject, settings: {} }, { options: given }));
      }),
      options,
    );
  });

  it('manifests', { timeout: longTimeout }, async () => {
    const [command] = commands.filter(({ words }) => words.join(' ') === '<type> register');
    if (command === undefined) expect.unreachable();
    await fc.assert(
      fc.asyncProperty(manifestText, name, option, async (text, reference, given) => {
        const manifest = await answer(() => parseManifest(text, 'it'));
        if (manifest === undefined) return;
        const flavors = entriesOf(manifest);
        const types = manifest.componentTypes;
        for (const { type, manifest: flavor } of flavors) {
          for (const wanted of [reference, flavor.name]) {
            const found = await answer(() => findFlavor({ flavors, problems: [] }, type, wanted));
            if (found !== undefined) await answer(() => describeFlavor(command, found, given));
          }
        }
        await answer(() =>
          JSON.stringify(stackJsonSchema({ types, flavors: flavors.map((entry) => ({ ...entry, package: 'it' })) })),
        );
      }),
      options,
    );
  });

  describe('installed packages', () => {
    let folder: string;

    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'stack-fuzz-'));
      mkdirSync(join(folder, 'node_modules', 'it'), { recursive: true });
    });

    afterAll(() => rmSync(folder, { recursive: true }));

    it('are read from their files', { timeout: longTimeout }, async () => {
      const description = fc.oneof(
        fields.map(formatJson),
        jsonText,
        fc.constant(JSON.stringify({ dependencies: { it: '1' }, stack: { apiVersion: 1, manifest: 'm.json' } })),
      );
      await fc.assert(
        fc.asyncProperty(description, description, manifestText, async (project, own, manifest) => {
          writeFileSync(join(folder, 'package.json'), project);
          writeFileSync(join(folder, 'node_modules', 'it', 'package.json'), own);
          writeFileSync(join(folder, 'node_modules', 'it', 'm.json'), manifest);
          expect(await answer(() => discoverIntegrations([folder]))).toBeDefined();
        }),
        { ...options, numRuns: options.numRuns / 10 },
      );
    });
  });

  it('documents', { timeout: longTimeout }, async () => {
    const yaml = fc
      .array(
        fc.oneof(
          fc.constantFrom(
            'a: ',
            '- ',
            '\n',
            '  ',
            ': ',
            '? ',
            '&a ',
            '*a ',
            '<<: ',
            '!!set ',
            '!x ',
            '"',
            "'",
            '| ',
            '> ',
          ),
          fc.constantFrom(
            'name: a\n',
            'components:\n',
            '  alerter: b\n',
            '---\n',
            '...\n',
            '%YAML 1.1\n',
            '# ',
            '{',
            '[',
            ']',
          ),
          fc.constantFrom(
            '[&a [*a]]',
            '{a: *a}',
            '__proto__: {polluted: 1}\n',
            '\t',
            '}',
            ',',
            '0x1f',
            '.inf',
            '2001-01-01',
          ),
          name,
        ),
        { maxLength: 30 },
      )
      .map((parts) => parts.join(''));
    const nested = fc
      .tuple(fc.constantFrom('- ', '? ', '[', '{a: ', '- - ', 'a:\n '), fc.constantFrom(60, 70, 1_000, 20_000))
      .map(([part, count]) => part.repeat(count));
    const text = fc.oneof({ weight: 50, arbitrary: yaml }, { weight: 50, arbitrary: jsonText }, nested);
    await fc.assert(
      fc.asyncProperty(text, valueInCode, name, async (written, value, type) => {
        for (const file of ['it.yaml', 'it.json']) {
          const document = await answer(() => parseDocument(written, file));
          if (document !== undefined) JSON.stringify(document);
          await answer(() => parseStackDocument(document, file));
        }
        const components = Object.fromEntries([[type, value]]);
        const fieldsOf = { name: 'a', flavor: 'b', config: components };
        for (const input of [value, { name: 'a', components: value }, { name: 'a', components }]) {
          await answer(() => stackDocumentJson(parseStackDocument(input, 'it')));
        }
        await answer(() =>
          stackDocumentJson(parseStackDocument({ name: 'a', components: { alerter: fieldsOf } }, 'it')),
        );
      }),
      options,
    );
  });

  it('command lines', { timeout: longTimeout }, async () => {
    const known = commands.flatMap((command) => Object.keys(command.options ?? {}));
    const word = fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...new Set(commands.flatMap(({ words }) => words)), 'artifact-store') },
      fc.constantFrom('--', '-h', '--help', '--json', '-', '--=', '--=x', '--__proto__', '--constructor=1', '-5'),
      fc.constantFrom(...known).map((option) => `--${option}`),
      fc.tuple(fc.constantFrom(...known), name).map(([option, value]) => `--${option}=${value}`),
      option.map(([key, value]) => `--${key}=${value}`),
      name,
    );
    const whole = fc
      .constantFrom(...commands)
      .map(({ words }) => words.map((typed) => (typed === '<type>' ? 'orchestrator' : typed)));
    const line = fc
      .tuple(fc.oneof(whole, fc.constant([])), fc.array(word, { maxLength: 6 }))
      .map((parts) => parts.flat());
    await fc.assert(
      fc.asyncProperty(line, async (words) => {
        const found = await answer(() => findCommands(words, ['orchestrator', 'artifact-store']));
        for (const command of found?.commands ?? []) {
          const parsed = await answer(() => parseArguments(command, found?.rest ?? []));
          if (parsed === undefined) expect.unreachable();
          await answer(() => {
            const context = { componentType: found?.componentType ?? '', workingDirectory: '/', screen };
            const invocation = new Invocation(command, parsed, context);
            for (const option of Object.keys(command.options ?? {})) invocation.optionPairs(option);
            if (parsed.problems.length > 0) throw argumentsError(usage(command, found?.componentType), parsed.problems);
          });
        }
      }),
      options,
    );
  });
});

const screen = screenOf(process.stdout, { NO_COLOR: '1' });

function asLevel(values: JsonObject = {}): AppliedSettings {
  return { origin: 'run-config', selector: 'it', values };
}

function entriesOf({ flavors, version }: Manifest): FlavorEntry[] {
  return flavors.map((manifest) => ({
    type: manifest.type,
    name: manifest.name,
    manifest,
    origin: { kind: 'package', package: 'it', version, folder: '/' },
    isStale: false,
    missing: [],
  }));
}

/** What help, `describe` and `register` read of a flavor. */
function describeFlavor(command: CommandDescription, entry: FlavorEntry, given: Option): void {
  const { configSchema, settingsSchema, capabilities, secretFields } = entry.manifest;
  const further = flavorFurtherOptions(entry);
  commandHelp(command, { componentType: entry.type, further, screen });
  further.isFlag(given[0]);
  parseArguments(command, [`--${given[0]}`, String(given[1])], further);
  for (const schema of [configSchema, settingsSchema]) {
    secretFieldPaths(schema);
    coerceOptions(schema, [given, ...further.options.map(({ option }): Option => [option.slice(2), given[1]])]);
  }
  [...capabilities, ...secretFields].join(', ');
}
