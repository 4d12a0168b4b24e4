import { describe, expect, test } from 'vitest';
import { textOf, valuesOfText, withValues } from './secret-text.ts';

describe('the values of a text', () => {
  test('are those of a JSON object, also under names that every object has', () => {
    const values = { user: 'admin', __proto__x: 'a', constructor: 'b', toString: 'c' };
    expect(valuesOfText(textOf(values))).toEqual(values);
    const odd = Object.fromEntries([['__proto__', 'value']]);
    expect(Object.entries(valuesOfText(textOf(odd)))).toEqual([['__proto__', 'value']]);
  });

  test('are JSON where they are no texts, with the digits that they have there', () => {
    const text = '{"port": 5432, "big": 12345678901234567890, "on": true, "none": null, "hosts": ["a", 1.10]}';
    expect(valuesOfText(text)).toEqual({
      port: '5432',
      big: '12345678901234567890',
      on: 'true',
      none: 'null',
      hosts: '["a",1.10]',
    });
  });

  test.each(['hunter22', '', '{not json}', '["a"]', '"text"', '123456', '{"a": 1} trailing'])(
    'are the text itself, as "value", for %j',
    (text) => {
      expect(valuesOfText(text)).toEqual({ value: text });
    },
  );
});

describe('a text with other values', () => {
  test('keeps what keeps its value as it was written', () => {
    const text = '{"port":5432,"big":12345678901234567890,"user":"admin","gone":true}';
    const values = { ...valuesOfText(text), user: 'root', added: '5432' };
    const { gone: _, ...rest } = values as Record<string, string>;
    expect(withValues(text, rest)).toBe('{"port":5432,"big":12345678901234567890,"user":"root","added":"5432"}');
  });

  test('turns what changes into a text', () => {
    expect(withValues('{"port":5432}', { port: '5433' })).toBe('{"port":"5433"}');
  });

  test('stays a plain text while "value" is its only key', () => {
    expect(withValues('hunter22', { value: 'hunter23' })).toBe('hunter23');
    expect(withValues('hunter22', { value: 'hunter22', user: 'admin' })).toBe('{"value":"hunter22","user":"admin"}');
    expect(withValues('hunter22', { user: 'admin' })).toBe('{"user":"admin"}');
  });

  test('stays an object that was one', () => {
    expect(withValues('{"value":"hunter22"}', { value: 'hunter23' })).toBe('{"value":"hunter23"}');
  });
});
