import { type JsonObject, type JsonValue, StackError } from '@stack/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatStackDocument } from './format-stack-document.ts';
import { parseDocument } from './read-document.ts';
import { parseStackDocument, type StackInput, stackDocumentJson } from './stack-document.ts';

fc.configureGlobal({ ...fc.readConfigureGlobal(), numRuns: process.env.STACK_TEST_LONG === '1' ? 2_000 : 200 });

const name = fc.stringMatching(/^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,20}[A-Za-z0-9])?$/);
const key = fc.string({ minLength: 1, unit: 'binary' }).filter((text) => text !== '__proto__' && text.isWellFormed());
const text = fc.string({ unit: 'binary' }).filter((candidate) => candidate.isWellFormed());
const json = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    text,
    fc.constantFrom('yes', 'null', '1', '1e3', '0x1f', '~', '', ' ', '2001-01-01', '- a', '{{a.b}}', '*a', '&a', '!x'),
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter((number) => !Object.is(number, -0)),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value')),
    fc.dictionary(key, tie('value')),
  ),
})).value;
const fields = fc.dictionary(key, json) as fc.Arbitrary<JsonObject>;
const labels = fc.dictionary(key, text);
const component = fc.record(
  {
    name,
    flavor: name,
    package: name,
    configVersion: fc.integer({ min: 1, max: 99 }),
    config: fields,
    settings: fields,
    labels,
  },
  { requiredKeys: ['name', 'flavor'] },
);
const components = fc.uniqueArray(fc.oneof(name, component), {
  minLength: 1,
  maxLength: 3,
  selector: (item) => (typeof item === 'string' ? item : item.name),
});
const stack: fc.Arbitrary<StackInput> = fc.record(
  { name, labels, components: fc.dictionary(name, components) },
  { requiredKeys: ['name', 'components'] },
);

describe('the canonical form', () => {
  it('is the same after it was written as YAML or JSON and read again', async () => {
    await fc.assert(
      fc.asyncProperty(stack, async (input) => {
        const document = parseStackDocument(input, 'it');
        const yaml = await formatStackDocument(document, 'a.json');
        expect(parseStackDocument(await parseDocument(yaml, 'a.yaml'), 'it')).toEqual(document);
        const asJson = JSON.stringify(stackDocumentJson(document));
        expect(parseStackDocument(JSON.parse(asJson), 'it')).toEqual(document);
        // Equal documents have equal texts.
        expect(await formatStackDocument(parseStackDocument(JSON.parse(asJson), 'it'), 'a.json')).toBe(yaml);
      }),
    );
  });

  it('is read from whatever there is, or refused with a code', () => {
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }),
        (value) => {
          for (const input of [
            value,
            { name: 'a', components: value },
            { name: 'a', components: { orchestrator: value } },
          ]) {
            try {
              parseStackDocument(input, 'it');
            } catch (error) {
              expect(StackError.is(error)).toBe(true);
            }
          }
        },
      ),
    );
  });

  it('has a list for each type, whether one, several or a name were given', () => {
    const one = { name: 'a', flavor: 'local' };
    const filled = { ...one, config: {}, settings: {}, labels: {} };
    const read = (given: unknown) => parseStackDocument({ name: 'x', components: { alerter: given } }, 'it').components;
    expect(read('a')).toEqual({ alerter: ['a'] });
    expect(read(one)).toEqual({ alerter: [filled] });
    expect(read(['b', { ...one, type: 'alerter' }])).toEqual({ alerter: ['b', filled] });
  });

  it('reports every problem, by path', () => {
    const value = {
      name: 'prod',
      lables: {},
      components: {
        orchestrator: { nmae: 'a', flavor: 3 },
        'artifact-store': [
          { name: 'a', flavor: 'b', type: 'alerter' },
          { name: 'a', flavor: 'b', package: 'p', source: 's' },
        ],
      },
    };
    expect(() => parseStackDocument(value, 'stack.yaml')).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining('stack.yaml is not valid'),
        problems: expect.arrayContaining([
          expect.objectContaining({ path: 'lables', hint: 'Did you mean "labels"?' }),
          expect.objectContaining({ path: 'components.orchestrator.0.nmae', hint: 'Did you mean "name"?' }),
          expect.objectContaining({ path: 'components.orchestrator.0.name', message: 'is required' }),
          expect.objectContaining({ path: 'components.orchestrator.0.flavor' }),
          expect.objectContaining({ path: 'components.artifact-store.0' }),
          expect.objectContaining({ path: 'components.artifact-store.1' }),
          expect.objectContaining({ path: 'components.artifact-store', message: 'two components have the name "a"' }),
        ]),
      }),
    );
  });

  it('has names that the command line takes', () => {
    const components = { orchestrator: [{ name: '-a', flavor: 'b' }, 'c d'] };
    expect(() => parseStackDocument({ name: 'a b', components }, 'it')).toThrow(
      expect.objectContaining({
        code: 'ARGUMENT_INVALID',
        problems: ['name', 'components.orchestrator.0.name', 'components.orchestrator.1'].map((path) =>
          expect.objectContaining({ path }),
        ),
      }),
    );
  });

  it('loses nothing: what it cannot hold is refused', () => {
    const config = (value: unknown) => ({
      name: 'a',
      components: { orchestrator: { name: 'a', flavor: 'b', config: value } },
    });
    const endless: Record<string, unknown> = {};
    endless.self = endless;
    class Endless {
      readonly self = this;
    }
    for (const value of [
      JSON.parse('{"__proto__": {"a": 1}}'),
      { at: new Date() },
      { big: 1n },
      { no: Number.NaN },
      endless,
      new Endless(),
    ]) {
      expect(() => parseStackDocument(config(value), 'it')).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID' }),
      );
    }
    expect(parseStackDocument(config({ a: undefined }), 'it')).toEqual(parseStackDocument(config({}), 'it'));
  });
});
