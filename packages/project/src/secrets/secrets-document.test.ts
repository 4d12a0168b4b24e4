import { Secret, StackError } from '@stack/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDocument } from '../documents/read-document.ts';
import { formatSecrets, parseSecrets } from './secrets-document.ts';

const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,20}$/);
const key = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/);
const value = fc.oneof(
  fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed()),
  // What YAML takes for something else, cuts off or folds.
  fc.constantFrom(
    'null',
    '~',
    'yes',
    '0123456',
    '1e3',
    '2020-01-01',
    ' a ',
    'a\n\n',
    '\r\n',
    'a: b',
    '# a',
    '&a',
    '*a',
    '!!a',
  ),
  fc.string().map((text) => text.repeat(30)),
);

describe('secrets as a document', () => {
  it.each(['secrets.yaml', 'secrets.json'])('are the same when they are read from %s again', async (file) => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(name, fc.dictionary(key, value, { noNullPrototype: true }), { noNullPrototype: true }),
        async (secrets) => {
          const given = Object.entries(secrets).map(([secret, values]) => ({
            name: secret,
            values: Object.fromEntries(Object.entries(values).map(([one, text]) => [one, new Secret(text)])),
          }));
          expect(parseSecrets(await parseDocument(await formatSecrets(given, file), file), file)).toEqual(secrets);
        },
      ),
    );
  });

  it('that are none are refused with everything that is wrong, and without what is in them', () => {
    const document = {
      db: { password: 4711, nested: { a: 'value-1' } },
      mail: 'value-2',
      other: { ok: 'value-3', no: null },
    };
    let thrown: unknown;
    try {
      parseSecrets(document, 'x.yaml');
    } catch (error) {
      thrown = error;
    }
    if (!StackError.is(thrown, 'CONFIG_INVALID')) throw new Error('expected a StackError', { cause: thrown });
    expect(thrown.problems.map(({ path }) => path)).toEqual(['db.password', 'db.nested', 'mail', 'other.no']);
    expect(JSON.stringify([thrown, thrown.message])).not.toMatch(/4711|value-\d/);
  });
});
