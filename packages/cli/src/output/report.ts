import { exitCodeOf, StackError } from '@stack/core/errors';
import { maskSecrets, maskValue } from '@stack/core/secrets';
import type { CommandOutput } from '../command-line/command.ts';
import { flush } from './flush.ts';
import { asTyped } from './program-name.ts';
import { screenOf } from './screen.ts';

/** The one document that `--json` prints, on standard output, whether the command failed or not. */
export interface JsonReport {
  readonly ok: boolean;
  readonly data?: unknown;
  readonly error?: unknown;
  readonly warnings: readonly unknown[];
}

/** The outcome of a command: what it puts out, what it throws, or both. */
export type Outcome = { readonly output: CommandOutput } | { readonly thrown: unknown };

/**
 * Prints the outcome of a command and returns its exit code. No known secret is printed, except in `bytes`, and by a
 * command that is there to reveal it.
 */
export async function report(outcome: Outcome, isJson: boolean): Promise<number> {
  const output = 'output' in outcome ? outcome.output : undefined;
  const error = 'thrown' in outcome ? asStackError(outcome.thrown) : output?.error;
  const warnings = output?.warnings ?? [];
  const mask = output?.isRevealed === true ? <Value>(value: Value) => value : maskValue;
  if (isJson) {
    const document: JsonReport = {
      ok: error === undefined,
      ...(output === undefined ? {} : { data: mask(output.data) }),
      ...(error === undefined ? {} : { error: errorDocument(error) }),
      warnings: warnings.map(errorDocument),
    };
    process.stdout.write(`${JSON.stringify(document, undefined, 2)}\n`);
  } else {
    if (output?.bytes !== undefined) process.stdout.write(output.bytes);
    else if (output !== undefined && output.text !== '') process.stdout.write(`${mask(output.text)}\n`);
    for (const warning of warnings) process.stderr.write(renderError('warning', warning));
    if (error !== undefined) process.stderr.write(renderError('error', error));
  }
  // Also of what the command printed before: what a slow reader has not taken yet would be lost with the process.
  for (const stream of [process.stdout, process.stderr]) await flush(stream);
  return error === undefined ? 0 : exitCodeOf(error.code);
}

function errorDocument(error: StackError): unknown {
  const { hint, ...document } = StackError.prototype.toJSON.call(error);
  return maskValue({ ...document, ...(hint === undefined ? {} : { hint: asTyped(hint) }) });
}

function renderError(kind: 'error' | 'warning', error: StackError): string {
  const { paint } = screenOf(process.stderr);
  // An only problem is told with its hint.
  const toDo = asTyped(error.hint ?? '');
  const hint = error.message.endsWith(toDo) ? '' : `${paint('heading', 'hint:')} ${toDo}\n`;
  const stack = kind === 'error' && process.env.STACK_DEBUG === '1' ? `${stackTraces(error)}\n` : '';
  return maskSecrets(
    `${paint(kind === 'error' ? 'bad' : 'heading', `${kind} ${error.code}:`)} ${error.message}\n${hint}${stack}`,
  );
}

function stackTraces(error: Error): string {
  const errors = new Set<Error>();
  // An error may be its own cause.
  for (let current: unknown = error; current instanceof Error && !errors.has(current); current = current.cause) {
    errors.add(current);
  }
  return [...errors].map((one) => one.stack ?? String(one)).join('\ncaused by ');
}

function asStackError(thrown: unknown): StackError {
  if (StackError.is(thrown)) return thrown;
  return new StackError({
    code: 'INTERNAL',
    message: `This should not have happened: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
    hint: 'Run the command again with STACK_DEBUG=1, and report what it prints.',
    cause: thrown,
  });
}
