import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseDocument, readDocument } from './read-document.ts';

describe('readDocument', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stack-document-'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  async function write(name: string, content: string | Uint8Array): Promise<string> {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  }

  it('reads YAML, and JSON by the name of the file', async () => {
    expect(await readDocument(await write('a.yaml', 'a: [1, "{{b.c}}"]'))).toEqual({ a: [1, '{{b.c}}'] });
    expect(await readDocument(await write('a.json', '{"a": 1}'))).toEqual({ a: 1 });
    await expect(readDocument(await write('b.json', 'a: 1'))).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('of a file that is not there is FILE_NOT_FOUND', async () => {
    await expect(readDocument(join(folder, 'none.yaml'))).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: expect.stringContaining('none.yaml'),
    });
  });

  it('of a folder, an endless file, and bytes that are no text is ARGUMENT_INVALID', async () => {
    const binary = await write('a.yaml', new Uint8Array([0xff, 0xfe, 0x80]));
    for (const file of [folder, '/dev/zero', binary]) {
      await expect(readDocument(file)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
    }
  });

  it('of a file that others keep is ACCESS_DENIED', async () => {
    const file = await write('a.yaml', 'a: 1');
    await chmod(file, 0o600);
    await chmod(folder, 0o755);
    if (process.geteuid?.() !== 0) await chmod(file, 0o000);
    else process.seteuid?.(65534);
    try {
      await expect(readDocument(file)).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
    } finally {
      if (process.getuid?.() === 0) process.seteuid?.(0);
    }
  });
});

describe('parseDocument', () => {
  it('says where a text does not parse, without showing it', async () => {
    await expect(parseDocument('a: [1,\nb: }', 'x.yaml')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/^x\.yaml cannot be read: .*line 2, column \d+\.$/),
    });
    await expect(parseDocument('{\n"key": "hunter2",}', 'x.json')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/^x\.json cannot be read: it is no JSON at position \d+ \(line 2 column \d+\)\.$/),
    });
    await expect(parseDocument('hunter2', 'x.json')).rejects.toMatchObject({
      message: 'x.json cannot be read: it is no JSON.',
    });
  });

  it.each([
    ['several documents', 'a: 1\n---\nb: 2'],
    ['a key that is given twice', 'a: 1\na: 2'],
    ['a key that is no text', '[1, 2]: 3'],
    ['an unknown tag', 'a: !password x'],
    ['a number without an end', 'a: .inf'],
    ['bytes', 'a: !!binary aGk='],
    ['an alias without an anchor', 'a: *b'],
    ['a value that contains itself', 'a: &a [*a]'],
  ])('refuses %s', async (_, text) => {
    await expect(parseDocument(text, 'x.yaml')).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('takes a key such as __proto__ for a key like any other', async () => {
    for (const file of ['x.json', 'x.yaml']) {
      const value = await parseDocument('{"__proto__": {"isAdmin": true}}', file);
      expect(Object.keys(value as object)).toEqual(['__proto__']);
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    }
  });

  it('bounds what aliases can grow to', async () => {
    const levels = 'bcdefghijk'.split('').map((name, index) => {
      const below = 'abcdefghijk'.charAt(index);
      return `${name}: &${name} [${`*${below},`.repeat(9)}*${below}]`;
    });
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x,x]', ...levels].join('\n');
    await expect(parseDocument(bomb, 'bomb.yaml')).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('bounds the depth of nesting, whatever it is made of, and soon', async () => {
    const shapes = [
      (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`,
      (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`,
    ];
    const blockShapes = [
      (depth: number) => `${'- '.repeat(depth)}a`,
      (depth: number) =>
        Array.from({ length: Math.min(depth, 1000) }, (_, level) => `${' '.repeat(level)}a:`).join('\n'),
    ];
    const tooDeep = { code: 'CONFIG_INVALID', message: expect.stringContaining('nested more than 64 levels') };
    for (const nested of shapes) {
      expect(await parseDocument(nested(60), 'x.json')).toEqual(await parseDocument(nested(60), 'x.yaml'));
      for (const depth of [65, 300_000]) {
        await expect(parseDocument(nested(depth), 'x.json')).rejects.toMatchObject(tooDeep);
        await expect(parseDocument(nested(depth), 'x.yaml')).rejects.toMatchObject(tooDeep);
      }
    }
    for (const nested of blockShapes) {
      expect(await parseDocument(nested(60), 'x.yaml')).toBeDefined();
      for (const depth of [65, 300_000]) {
        await expect(parseDocument(nested(depth), 'x.yaml')).rejects.toMatchObject(tooDeep);
      }
    }
  });
});
