import { addMaskedValue } from '@stack/core/secrets';
import { describe, expect, it } from 'vitest';
import type { Screen } from './screen.ts';
import { printable, renderFields, renderTable } from './table.ts';
import { textWidth } from './text-width.ts';

const plain: Screen = { width: undefined, paint: (_tone, text) => text };
const narrow: Screen = { ...plain, width: 30 };

describe('renderTable', () => {
  it('lines columns up, and leaves no spaces at the end of lines', () => {
    const rows = [
      ['a', 'long value', ''],
      ['bbb', 'x', 'y'],
    ];
    expect(renderTable(['ONE', 'TWO', 'THREE'], rows, plain)).toBe(
      ['ONE  TWO         THREE', 'a    long value', 'bbb  x           y'].join('\n'),
    );
  });

  it('never cuts a value where the width is not known', () => {
    expect(renderTable(['A'], [['x'.repeat(500)]], plain)).toContain('x'.repeat(500));
  });

  it('wraps the widest columns on a narrow screen, without losing a character', () => {
    const id = '0123456789abcdef0123456789abcdef';
    const text = renderTable(['ID', 'WHAT'], [[id, 'some words that are long']], narrow);
    const lines = text.split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(30);
    expect(lines.map((line) => line.slice(0, 14).trim()).join('')).toContain(id);
    for (const word of ['some', 'words', 'that', 'are', 'long']) expect(text).toContain(word);
  });

  it('counts the cells that characters take, and breaks none of them', () => {
    const rows = [
      ['日本語', 'x'],
      ['é👩‍👩‍👧', 'y'],
    ];
    expect(renderTable(['A', 'B'], rows, plain)).toBe('A       B\n日本語  x\né👩‍👩‍👧     y');
    const lines = renderTable(['A', 'B'], [['日本語'.repeat(9), '👩‍👩‍👧'.repeat(9)]], narrow).split('\n');
    expect(Math.max(...lines.map(textWidth))).toBeLessThanOrEqual(30);
    expect(lines.join('').replaceAll(' ', '')).toContain('👩‍👩‍👧');
    expect(lines.join('').match(/日|本|語/g)).toHaveLength(27);
    expect(lines.join('').match(/👩‍👩‍👧/gu)).toHaveLength(9);
  });

  it('is a block for each row where the columns cannot fit', () => {
    const tight: Screen = { ...plain, width: 12 };
    const rows = [
      ['first of them', 'x'],
      ['second', 'y'],
    ];
    expect(renderTable(['NAME', 'STATE'], rows, tight)).toBe(
      'NAME   first of\n       them\nSTATE  x\n\nNAME   second\nSTATE  y',
    );
  });

  it('shows control characters instead of sending them to the terminal', () => {
    expect(renderTable(['A'], [['a\u001b[31m\nb\u0007']], plain)).toBe('A\na\\u001b[31m\\nb\\u0007');
  });
});

describe('renderFields', () => {
  it('masks a secret before it is broken in two, unless it is there to reveal it', () => {
    addMaskedValue('a secret that is longer than a line');
    const fields = [['name', 'has a secret that is longer than a line']] as const;
    expect(renderFields(fields, narrow)).toBe('name  has [secret]');
    expect(renderTable(['A'], [['a secret that is longer than a line']], { ...plain, width: 9 })).toBe('A\n[secret]');
    expect(renderFields(fields, { ...narrow, isRevealed: true })).toBe(
      'name  has a secret that is\n      longer than a line',
    );
  });

  it('indents the rest of a value that is wrapped', () => {
    expect(renderFields([['name', 'a value that is longer than the line']], narrow)).toBe(
      'name  a value that is longer\n      than the line',
    );
  });
});

describe('printable', () => {
  it('shows what would turn the direction of the text after it', () => {
    expect(printable('\u202eabc\u2066')).toBe('\\u202eabc\\u2066');
  });

  it('leaves other characters as they are', () => {
    expect(printable('Käse 🧀 "q"')).toBe('Käse 🧀 "q"');
  });
});
