import { addMaskedValue, StackError } from '@stack/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CommandOutput } from '../command-line/command.ts';
import { maskWarnings } from './mask-warnings.ts';
import { type JsonReport, report } from './report.ts';

const value = 'a-secret-value';
/** What a document of a cloud has for a key: its lines are lines of other documents too. */
const document = '{\n  "type": "service",\n  "key": "k-12345678"\n}';
for (const secret of [value, document]) addMaskedValue(secret);

let printed = { stdout: '', stderr: '' };

beforeEach(() => {
  printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[name], 'write').mockImplementation((chunk, ...rest) => {
      printed[name] += String(chunk);
      for (const argument of rest as unknown[]) if (typeof argument === 'function') argument();
      return true;
    });
  }
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

async function printJson(output: CommandOutput): Promise<JsonReport> {
  await report({ output }, true);
  return JSON.parse(printed.stdout) as JsonReport;
}

describe('the report of a command', () => {
  it('masks data, keys, errors and warnings, and stays JSON whatever the secrets', async () => {
    const data = { type: 'service', [value]: [`x ${value}`, JSON.stringify(value)], nested: document };
    const error = Object.assign(new StackError({ code: 'NOT_FOUND', message: 'x' }), { message: `no ${value}` });
    expect(await printJson({ data, text: '', error, warnings: [error] })).toEqual({
      ok: false,
      data: { type: 'service', '[secret]': ['x [secret]', '"[secret]"'], nested: '[secret]' },
      error: { code: 'NOT_FOUND', message: 'no [secret]' },
      warnings: [{ code: 'NOT_FOUND', message: 'no [secret]' }],
    });
  });

  it('masks the text', async () => {
    await report({ output: { data: {}, text: `one\n${value}` } }, false);
    expect(printed.stdout).toBe('one\n[secret]\n');
  });

  it('shows what a command is there to reveal, and nothing of its errors', async () => {
    const error = new StackError({ code: 'NOT_FOUND', message: `no ${value}` });
    const output = { data: { value }, text: value, isRevealed: true, error };
    expect(await printJson(output)).toMatchObject({ data: { value }, error: { message: 'no [secret]' } });
    printed.stdout = '';
    await report({ output }, false);
    expect(printed).toEqual({ stdout: `${value}\n`, stderr: 'error NOT_FOUND: no [secret]\n' });
  });

  it('gives bytes as they are', async () => {
    await report({ output: { data: {}, text: '', bytes: Buffer.from(value) } }, false);
    expect(printed.stdout).toBe(value);
  });

  it('masks the stacks of STACK_DEBUG=1, those of causes too, and ends where an error is its own cause', async () => {
    vi.stubEnv('STACK_DEBUG', '1');
    const inner = new TypeError(`inner ${value}`);
    const thrown = new Error(`outer ${value}`, { cause: inner });
    inner.cause = thrown;
    await report({ thrown }, false);
    expect(printed.stderr).toContain('caused by Error: outer [secret]\n');
    expect(printed.stderr).toContain('caused by TypeError: inner [secret]\n');
    expect(printed.stderr).not.toContain(value);
  });
});

describe('maskWarnings', () => {
  it('masks a warning before the next one hears of it', async () => {
    const listeners = process.listeners('warning');
    maskWarnings();
    const { promise, resolve } = Promise.withResolvers<Error>();
    process.once('warning', resolve);
    process.emitWarning(`The URL has ${value} in it.`, { detail: value });
    const warning = await promise;
    expect(warning).toMatchObject({ message: 'The URL has [secret] in it.', detail: '[secret]' });
    expect(warning.stack).not.toContain(value);
    for (const listener of process.listeners('warning')) {
      if (!listeners.includes(listener)) process.off('warning', listener);
    }
  });
});
