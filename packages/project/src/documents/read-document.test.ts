import { describe, expect, it } from 'vitest';
import { formatDocument, parseDocument } from './read-document.ts';

describe('parseDocument', () => {
  it('reads YAML and JSON', async () => {
    expect(await parseDocument('a: [1, "{{b.c}}"]', 'x.yaml')).toEqual({ a: [1, '{{b.c}}'] });
    expect(await parseDocument('{"a": 1}', 'x.json')).toEqual({ a: 1 });
  });

  it('says where a text does not parse', async () => {
    await expect(parseDocument('a: [1,\nb: }', 'x.yaml')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/x\.yaml does not parse: .*line \d/),
    });
    await expect(parseDocument('{', 'x.json')).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('bounds what aliases can grow to', async () => {
    const levels = 'bcdefghijk'.split('').map((name, index) => {
      const below = 'abcdefghijk'.charAt(index);
      return `${name}: &${name} [${`*${below},`.repeat(9)}*${below}]`;
    });
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x,x]', ...levels].join('\n');
    await expect(parseDocument(bomb, 'bomb.yaml')).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('bounds the depth of nesting', async () => {
    const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
    expect(await parseDocument(nested(20), 'x.json')).toBeDefined();
    await expect(parseDocument(nested(200), 'x.json')).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(parseDocument(nested(200), 'x.yaml')).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

describe('formatDocument', () => {
  it('writes YAML that reads back as the same value', async () => {
    const value = { a: 'yes', b: '1', c: ['{{x.y}}', null, 1.5], d: { e: 'multi\nline', f: '' } };
    expect(await parseDocument(await formatDocument(value, 'a comment'), 'x.yaml')).toEqual(value);
  });
});
