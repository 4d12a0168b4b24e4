import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { addMaskedValue, createChildEnvironment, type Problem, Secret, StackError } from '@stack/core';
import { secretMask } from '@stack/core/secrets';
import type { LineStream } from '../logs/line-stream.ts';
import type { LogLevel } from '../logs/output-capture.ts';
import { atExit } from './at-exit.ts';
import { writeSecretFiles } from './secret-files.ts';

export interface SpawnOptions {
  /** Variables of the program, over the few that it gets of this process. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /**
   * Secrets of the program, by names: `NAME_FILE` in its environment is the path of a file with the value, which this
   * user alone can read and which is removed when the program ends.
   */
  readonly secrets?: Readonly<Record<string, Secret>>;
  /** What it reads from its standard input. Default: nothing. */
  readonly input?: string | Uint8Array | Secret;
  /** Default: the working directory of this process. */
  readonly workingDirectory?: string;
  /** Whether its standard output is returned, as it is, and not logged. Default `false`. */
  readonly returnsOutput?: boolean;
}

/** What a program runs in. */
export interface ProgramContext {
  readonly signal: AbortSignal;
  readonly openLog: (level: LogLevel) => LineStream;
}

/** From the signal that a program may handle to the one that it may not. A cancelled step is given up only later. */
const terminationGrace = 3_000;
/** How long the output of a program that was ended is waited for: what it started may keep it open. */
const outputGrace = 500;

/** Runs a program to its end. What it gives and throws, `StepContext.spawn` says. */
export async function runProgram(
  program: string,
  words: readonly string[],
  options: SpawnOptions,
  { signal, openLog }: ProgramContext,
): Promise<string> {
  const { secrets = {}, input, workingDirectory, returnsOutput = false } = options;
  checkArguments(program, words, secrets);
  const environment = createChildEnvironment(options);
  const given = Secret.is(input) ? input.reveal() : input;
  for (const secret of Object.values(secrets)) addMaskedValue(secret.reveal());
  if (Secret.is(input)) addMaskedValue(input.reveal());

  await using files = await writeSecretFiles(secrets);
  for (const [name, path] of files.paths) environment[`${name}_FILE`] = path;
  if (signal.aborted) throw cancelled(program, signal);
  const output: Buffer[] = [];
  const log = openLog('info');
  const errorLog = openLog('error');
  try {
    const child = spawn(program, words, { cwd: workingDirectory, env: environment, windowsHide: true });
    using _ = endWith(child, signal);
    child.stdout.on('data', (piece: Buffer) => (returnsOutput ? output.push(piece) : log.push(piece)));
    child.stderr.on('data', (piece: Buffer) => errorLog.push(piece));
    // It need not read what it is given.
    child.stdin.on('error', () => {}).end(given);
    const [exitCode, exitSignal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    if (signal.aborted) throw cancelled(program, signal);
    if (exitCode !== 0) throw failed(program, `ended with ${exitCode ?? exitSignal}`);
  } catch (error) {
    if (StackError.is(error)) throw error;
    throw failed(program, `cannot be started: ${error instanceof Error ? error.message : String(error)}`, error);
  } finally {
    log.end();
    errorLog.end();
  }
  return Buffer.concat(output).toString();
}

/** Ends a program when a signal is aborted, or this process ends, until what is returned is disposed of. */
function endWith(child: ChildProcess, signal: AbortSignal): Disposable {
  const timers: NodeJS.Timeout[] = [];
  const end = () => {
    child.kill('SIGTERM');
    timers.push(setTimeout(() => child.kill('SIGKILL'), terminationGrace));
    child.once('exit', () => {
      const closeOutput = () => {
        for (const stream of [child.stdout, child.stderr]) stream?.destroy();
      };
      timers.push(setTimeout(closeOutput, outputGrace));
    });
  };
  signal.addEventListener('abort', end, { once: true });
  const exit = atExit(() => child.kill('SIGTERM'));
  return {
    [Symbol.dispose]: () => {
      signal.removeEventListener('abort', end);
      for (const timer of timers) clearTimeout(timer);
      exit[Symbol.dispose]();
    },
  };
}

function checkArguments(program: string, words: readonly string[], secrets: Readonly<Record<string, Secret>>): void {
  const problems: Problem[] = [];
  for (const [index, word] of words.entries()) {
    // The text of a secret, and one in which it was put, has its mask.
    if (!String(word).includes(secretMask)) continue;
    const message = 'is a secret, and every user of a machine can read the arguments of its programs';
    problems.push({ path: `arguments.${index}`, message });
  }
  for (const [name, secret] of Object.entries(secrets)) {
    const path = `secrets.${name}`;
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) problems.push({ path, message: 'is not the name of a variable' });
    if (!Secret.is(secret)) problems.push({ path, message: 'is no `Secret`: make it one by new Secret(value)' });
  }
  if (problems.length === 0) return;
  throw new StackError({
    code: 'ARGUMENT_INVALID',
    message: `The program "${program}" cannot be run so: ${problems.map(({ path, message }) => `${path} ${message}`).join('; ')}.`,
    hint: 'Hand secrets over by a file, { secrets: { NAME: secret } }, or by its standard input, { input: secret }.',
    problems,
  });
}

function cancelled(program: string, signal: AbortSignal): StackError {
  const message = `The program "${program}" was ended, since the run was cancelled.`;
  return new StackError({ code: 'ABORTED', message, cause: signal.reason });
}

function failed(program: string, what: string, cause?: unknown): StackError {
  return new StackError({
    code: 'PROGRAM_FAILED',
    message: `The program "${program}" ${what}.`,
    hint:
      cause === undefined
        ? 'See what it printed: it is in the log of the step.'
        : 'Is it installed, and is its working directory there?',
    cause,
  });
}
