import { StackError } from '@stack/core/errors';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { completionScripts } from '../completion/completion-scripts.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const shell = invocation.positional('SHELL');
  const scripts: Readonly<Record<string, string>> = completionScripts;
  const script = Object.hasOwn(scripts, shell) ? scripts[shell] : undefined;
  if (script === undefined) {
    throw new StackError({
      code: 'ARGUMENT_INVALID',
      message: `There is no completion for the shell ${JSON.stringify(shell)}.`,
      hint: `It is one of ${Object.keys(scripts).join(', ')}.`,
    });
  }
  return { data: { shell, script }, text: script };
}
