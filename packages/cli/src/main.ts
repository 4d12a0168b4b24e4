import { exitCodeOf, StackError } from '@stack/core/errors';
import { listComponentTypes } from '@stack/core/manifest';
import type { CommandOutput } from './command-line/command.ts';
import { type FoundCommands, findCommands } from './command-line/find-command.ts';
import { commandHelp, commandRows, commandsHelp } from './command-line/help.ts';
import { Invocation } from './command-line/invocation.ts';
import { argumentsError, commonOptionProblems, parseArguments } from './command-line/parse-arguments.ts';
import { anyUsage, usage } from './command-line/usage.ts';
import { completionRequest } from './completion/completion-request.ts';
import { refuseExit } from './exit-process.ts';
import { maskPrinted } from './output/mask-printed.ts';
import { maskWarnings } from './output/mask-warnings.ts';
import { report } from './output/report.ts';
import { type Screen, screenOf } from './output/screen.ts';

/**
 * Runs the `stack` command: prints what it puts out, or its error, and returns the exit code.
 *
 * @param commandLine what was typed after the program's name
 */
export async function main(commandLine: readonly string[]): Promise<number> {
  if (commandLine[0] === completionRequest) {
    const { printCompletions } = await import('./completion/print-completions.ts');
    return printCompletions(commandLine.slice(1));
  }
  const isJson = commandLine.includes('--json');
  // A reader that went away, as in `stack run list | head -1`, is no reason to stop what was begun.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreClosedPipe);
  maskWarnings();
  const showPrinted = maskPrinted();
  const restore = isJson ? keepStandardOutputClean() : () => {};
  const allowExit = refuseExit();
  const stranded = Promise.withResolvers<never>();
  // Whoever knows what to do in such a case listens too, and it is theirs.
  const strand = (event: 'beforeExit' | 'uncaughtException', error: unknown) => {
    if (process.listenerCount(event) === 1) stranded.reject(error);
  };
  // Node ends a process that waits for a promise which nothing can settle. That is no success.
  process.exitCode = exitCodeOf('INTERNAL');
  process.on('beforeExit', () => strand('beforeExit', new Error('a promise that it waits for is never settled')));
  process.on('uncaughtException', (error) => strand('uncaughtException', error));
  const outcome = await Promise.race([execute(commandLine), stranded.promise]).then(
    (output) => ({ output }),
    (thrown: unknown) => ({ thrown }),
  );
  restore();
  showPrinted();
  allowExit();
  return report(outcome, isJson);
}

async function execute(commandLine: readonly string[]): Promise<CommandOutput> {
  const screen = screenOf(process.stdout);
  const found = await find(commandLine[0] === '--version' ? ['version', ...commandLine.slice(1)] : commandLine);
  const { commands, isComplete, componentType, rest } = found;
  const wantsHelp = rest.includes('--help') || rest.includes('-h');
  const [command] = commands;
  if (!isComplete || command === undefined) {
    const isHelp = wantsHelp || commandLine.every((word) => word.startsWith('-'));
    if (!isHelp) throw incompleteCommand(found, commandLine, screenOf(process.stderr));
    const problems = wantsHelp ? [] : commonOptionProblems(rest);
    if (problems.length > 0) throw argumentsError(anyUsage, problems);
    await discoverTypes();
    return commandsHelp(commands, { componentType, componentTypes: listComponentTypes(), screen });
  }
  const context = { componentType: componentType ?? '', workingDirectory: process.cwd(), screen };
  const draft = parseArguments(command, rest);
  const { furtherOptions } = (await command.furtherOptions?.load()) ?? {};
  const further = await furtherOptions?.(new Invocation(command, draft, context));
  if (wantsHelp) return commandHelp(command, { componentType, further, screen });
  const { problems, ...commandArguments } = further === undefined ? draft : parseArguments(command, rest, further);
  if (problems.length > 0) throw argumentsError(usage(command, componentType), problems);
  const { run } = await command.load();
  return run(new Invocation(command, commandArguments, context));
}

/** Types of installed integrations are looked for only when the words are no command without them. */
async function find(commandLine: readonly string[]): Promise<FoundCommands> {
  const attempt = (...furtherTypes: string[]) =>
    findCommands(commandLine, [...listComponentTypes().map(({ name }) => name), ...furtherTypes]);
  try {
    return attempt();
  } catch {
    await discoverTypes();
  }
  try {
    return attempt();
  } catch (error) {
    const type = commandLine.find((word) => !word.startsWith('-')) ?? '';
    throw (await missingType(type, () => attempt(type))) ?? error;
  }
}

/** What to install, when the words would be a command if a type was known which the project has components of. */
async function missingType(type: string, attempt: () => FoundCommands): Promise<StackError | undefined> {
  try {
    if (!attempt().isComplete) return undefined;
    const { missingComponentType } = await import('./missing-component-type.ts');
    return await missingComponentType(type, process.cwd());
  } catch {
    // What is wrong with the words, or the store, is another matter.
    return undefined;
  }
}

async function discoverTypes(): Promise<void> {
  const { discoverComponentTypes } = await import('./discover-component-types.ts');
  discoverComponentTypes(process.cwd());
}

function incompleteCommand(
  { commands, componentType }: FoundCommands,
  words: readonly string[],
  screen: Screen,
): StackError {
  return new StackError({
    code: 'COMMAND_UNKNOWN',
    message: `"${['stack', ...words].join(' ')}" is only the beginning of a command.`,
    hint: `There are:\n${commandRows(commands, componentType, screen)}`,
  });
}

/** Sends what modules of the user print to standard error, until the returned function is called. */
function keepStandardOutputClean(): () => void {
  const write = process.stdout.write;
  process.stdout.write = process.stderr.write.bind(process.stderr);
  return () => {
    process.stdout.write = write;
  };
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
