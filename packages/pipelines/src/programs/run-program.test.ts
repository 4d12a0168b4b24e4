import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addMaskedValue, Secret } from '@stack/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { RunEvent } from '../engine/run-event.ts';
import { readStepLog } from '../logs/read-step-log.ts';
import { pipeline } from '../pipeline/pipeline.ts';
import { step } from '../step/step.ts';
import type { StepContext } from '../step/step-context.ts';
import { collect } from '../testing/collect.ts';
import { expectStackError } from '../testing/expect-stack-error.ts';
import { createTestStack } from '../testing/test-stack.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const node = process.execPath;

/** Runs a function in a step of a run, and returns what it returns, and the lines of the step's log. */
async function inStep<Result>(
  run: (context: StepContext) => Promise<Result>,
  { signal, onLine = () => {} }: { readonly signal?: AbortSignal; readonly onLine?: (line: string) => void } = {},
): Promise<{ readonly result: Result | undefined; readonly error: unknown; readonly lines: string[] }> {
  const { stack, artifactStore } = await createTestStack();
  let result: Result | undefined;
  let error: unknown;
  const program = step({ name: 'program' }, async (_input, context) => {
    try {
      result = await run(context);
    } catch (thrown) {
      error = thrown;
    }
  });
  const onEvent = (event: RunEvent) => (event.type === 'step-log' ? onLine(event.line.text) : undefined);
  const options = { stack, signal, throwOnFailure: false, onEvent };
  const { id } = await pipeline({ name: 'programs' }, () => program()).run({}, options);
  const lines = (await collect(readStepLog(artifactStore, id, 'program'))).map(
    ({ level, text }) => `${level}: ${text}`,
  );
  return { result, error, lines };
}

const script = (code: string) => ['-e', code];

describe('a program that a step runs', () => {
  it('prints to the log of the step, line by line, and nothing is returned', async () => {
    const { result, lines } = await inStep(({ spawn }) =>
      spawn(node, script('process.stdout.write("a\\nb"); setTimeout(() => console.log("ü"), 50)')),
    );
    expect(result).toBe('');
    expect(lines).toEqual(['info: a', 'info: bü']);
  });

  it('prints secrets masked, in whatever pieces it writes them', async () => {
    addMaskedValue('swordfish-99');
    const code = `const write = (text) => new Promise((done) => process.stdout.write(text, () => setTimeout(done, 20)));
      for (const piece of ['(sword', 'fi', 'sh-99)', Buffer.from('user:swordfish-99').toString('base64')]) await write(piece);
      console.error('swordfish-99');`;
    const { lines } = await inStep(({ spawn }) => spawn(node, ['--input-type=module', ...script(code)]));
    expect(lines.toSorted()).toEqual(['error: [secret]', 'info: ([secret])dXNlcjp[secret]k=']);
  });

  it('returns its standard output as it is where that is asked for', async () => {
    addMaskedValue('swordfish-99');
    const code = 'process.stdout.write("swordfish-99\\n"); console.error("done")';
    const { result, lines } = await inStep(({ spawn }) => spawn(node, script(code), { returnsOutput: true }));
    expect(result).toBe('swordfish-99\n');
    expect(lines).toEqual(['error: done']);
  });

  it('has of the environment what every program needs, and what it is given', async () => {
    vi.stubEnv('STACK_SECRETS_KEY', 'a-key');
    vi.stubEnv('STACK_SECRET_DB__PASSWORD', 'a-value');
    vi.stubEnv('DATABASE_URL', 'db://user:a-password@host');
    const { result } = await inStep(({ spawn }) =>
      spawn(node, script('process.stdout.write(JSON.stringify(process.env))'), {
        environment: { MODE: 'fast', STACK_SECRET_MORE: 'given' },
        returnsOutput: true,
      }),
    );
    const environment = JSON.parse(result ?? '') as Record<string, string>;
    expect(environment).toMatchObject({ PATH: process.env.PATH, MODE: 'fast' });
    const usual = /^(?:PATH|HOME|LANG|LC_\w+|TZ|TMPDIR|MODE)$/;
    expect(Object.keys(environment).filter((name) => !usual.test(name))).toEqual([]);
  });

  it('gets secrets by files that this user alone can read, and that go when it ends', async () => {
    const secrets = { TOKEN: new Secret('swordfish-100'), KEY: new Secret('first of it\nlast of it') };
    const code = `const { readFileSync, statSync } = require('node:fs');
      const { dirname } = require('node:path');
      const { TOKEN_FILE, KEY_FILE } = process.env;
      const mode = (path) => (statSync(path).mode & 0o777).toString(8);
      console.error(readFileSync(TOKEN_FILE, 'utf8'));
      process.stdout.write(JSON.stringify({
        modes: [mode(TOKEN_FILE), mode(KEY_FILE), mode(dirname(KEY_FILE))],
        values: [readFileSync(TOKEN_FILE, 'utf8'), readFileSync(KEY_FILE, 'utf8')],
        folder: dirname(TOKEN_FILE),
        commandLine: readFileSync('/proc/self/cmdline', 'utf8'),
        environment: readFileSync('/proc/self/environ', 'utf8'),
      }));`;
    const { result, lines } = await inStep(({ spawn }) => spawn(node, script(code), { secrets, returnsOutput: true }));
    const { folder, commandLine, environment, ...seen } = JSON.parse(result ?? '') as Record<string, string>;
    expect(seen).toEqual({
      modes: ['600', '600', '700'],
      values: Object.values(secrets).map((secret) => secret.reveal()),
    });
    expect(commandLine).toContain('readFileSync');
    expect(environment).toContain('TOKEN_FILE=');
    expect(`${commandLine}${environment}`).not.toMatch(/swordfish|of it/);
    expect(existsSync(folder ?? '')).toBe(false);
    expect(lines).toEqual(['error: [secret]']);
  });

  it('leaves no file of a secret when it fails or cannot be started', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'stack-programs-'));
    vi.stubEnv('TMPDIR', folder);
    const secrets = { TOKEN: new Secret('swordfish-101') };
    const failed = await inStep(({ spawn }) => spawn(node, script('process.exit(3)'), { secrets }));
    expect(failed.error).toMatchObject({
      code: 'PROGRAM_FAILED',
      message: expect.stringContaining('ended with 3'),
      hint: expect.stringContaining('log of the step'),
    });
    const killed = await inStep(({ spawn }) =>
      spawn(node, script('process.kill(process.pid, "SIGKILL")'), { secrets }),
    );
    expect(killed.error).toMatchObject({ code: 'PROGRAM_FAILED', message: expect.stringContaining('SIGKILL') });
    const missing = await inStep(({ spawn }) => spawn('no-such-program', [], { secrets }));
    expect(missing.error).toMatchObject({ code: 'PROGRAM_FAILED', message: expect.stringContaining('ENOENT') });
    expect(readdirSync(folder)).toEqual([]);
    rmdirSync(folder);
  });

  it('leaves no file of a secret when this process ends before it', () => {
    const module = new URL('secret-files.ts', import.meta.url).href;
    const code = `import { Secret } from '@stack/core';
      import { writeSecretFiles } from '${module}';
      const { paths } = await writeSecretFiles({ TOKEN: new Secret('swordfish') });
      console.log(paths.get('TOKEN'), (await import('node:fs')).existsSync(paths.get('TOKEN')));
      process.exit(0);`;
    const words = ['--conditions=@stack/source', '--input-type=module', ...script(code)];
    const { stdout } = spawnSync(node, words, { encoding: 'utf8', cwd: import.meta.dirname });
    const [path = '', wasThere] = stdout.trim().split(' ');
    expect([wasThere, existsSync(path), existsSync(join(path, '..'))]).toEqual(['true', false, false]);
  });

  it('gets a secret by its standard input', async () => {
    const echo = script('process.stdin.pipe(process.stdout)');
    const { lines } = await inStep(async ({ spawn }) => {
      await spawn(node, echo, { input: new Secret('swordfish-102') });
      await spawn(node, echo, { input: 'a text' });
      await spawn(node, echo);
      // Far more than a pipe holds, for a program that reads nothing.
      await spawn(node, script(''), { input: 'x'.repeat(1_000_000) });
    });
    expect(lines).toEqual(['info: [secret]', 'info: a text']);
  });

  it('is refused a secret as an argument or variable, in whatever form, and all are told', async () => {
    const secret = new Secret('swordfish-103') as unknown as string;
    const words = ['--token', secret, `--url=db://${secret}@host`];
    const secrets = { 'NOT A NAME': new Secret('x'), '../UP': new Secret('x'), PLAIN: 'text' as unknown as Secret };
    await inStep(async ({ spawn }) => {
      const error = await expectStackError('ARGUMENT_INVALID', () => spawn(node, words, { secrets }));
      expect(error.problems.map(({ path }) => path)).toEqual([
        'arguments.1',
        'arguments.2',
        'secrets.NOT A NAME',
        'secrets.../UP',
        'secrets.PLAIN',
      ]);
      expect(error.hint).toContain('{ input: secret }');
      await expectStackError('ARGUMENT_INVALID', () => spawn(node, [], { environment: { TOKEN: secret } }));
    }).then(({ error }) => expect(error).toBeUndefined());
  });

  it('is sent SIGTERM when the run is cancelled', async () => {
    const controller = new AbortController();
    const code = `process.on('SIGTERM', () => { console.log('going'); process.exit(0); });
      console.log('ready'); setInterval(() => {}, 1_000);`;
    const { error, lines } = await inStep(
      ({ spawn, log }) => spawn(node, script(code)).finally(() => log.info('ended')),
      { signal: controller.signal, onLine: () => controller.abort() },
    );
    expect(error).toMatchObject({ code: 'ABORTED' });
    expect(lines).toEqual(['info: ready', 'info: going', 'info: ended']);
  });

  it('is sent SIGKILL when it does not end, and what it started does not keep the step', async () => {
    const controller = new AbortController();
    const code = `process.on('SIGTERM', () => {});
      const { spawn } = require('node:child_process');
      console.log(process.pid, spawn('sleep', ['30'], { stdio: 'inherit' }).pid);
      setInterval(() => {}, 1_000);`;
    const { error, lines } = await inStep(({ spawn }) => spawn(node, script(code)), {
      signal: controller.signal,
      onLine: () => controller.abort(),
    });
    const [program = 0, sleeper = 0] = lines[0]?.match(/\d+/g)?.map(Number) ?? [];
    process.kill(sleeper);
    // It came in time: the run goes on without a step that takes longer.
    expect(error).toMatchObject({ code: 'ABORTED' });
    expect(() => process.kill(program, 0)).toThrow('ESRCH');
  });

  it('is not started when the run is cancelled already', async () => {
    const controller = new AbortController();
    const { error } = await inStep(async ({ spawn }) => {
      controller.abort();
      await spawn('no-such-program');
    }, controller);
    expect(error).toMatchObject({ code: 'ABORTED' });
  });

  it('can be run by the dozen without a warning of Node', async () => {
    const emitWarning = vi.spyOn(process, 'emitWarning');
    const listeners = process.listenerCount('exit');
    await inStep(({ spawn }) => Promise.all(Array.from({ length: 12 }, () => spawn('true'))));
    expect(emitWarning).not.toHaveBeenCalled();
    expect(process.listenerCount('exit')).toBe(listeners);
  });

  it('runs in a unit test of the step, and prints to the log that the test gives', async () => {
    const info = vi.fn();
    const print = step({ name: 'print' }, (_input, { spawn }) => spawn('echo', ['hello']));
    await print.run({}, { log: { info, warn: vi.fn(), error: vi.fn() } });
    expect(info.mock.calls).toEqual([['hello']]);
  });
});
