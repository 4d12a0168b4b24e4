import { didYouMean, StackError } from '@stack/core/errors';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { renderFields } from '../output/table.ts';
import { secretPlace } from '../secrets/secret-place.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const isRevealed = invocation.flag('reveal');
  const key = invocation.option('key');
  const { store, scope } = secretPlace(invocation);
  await using project = await openProjectHere(invocation);
  const { values, ...secret } = await project.secrets.get(invocation.positional('NAME'), { store, scope });
  if (key !== undefined && !secret.keys.includes(key)) {
    throw new StackError({
      code: 'SECRET_NOT_FOUND',
      message: `The secret "${secret.name}" has no key ${JSON.stringify(key)}.`,
      hint: didYouMean(key, secret.keys) ?? `It has ${secret.keys.join(', ')}.`,
    });
  }
  const shown = Object.entries(values)
    .filter(([name]) => key === undefined || name === key)
    .map(([name, value]) => [name, isRevealed ? value.reveal() : String(value)] as const);
  return {
    data: { ...secret, values: Object.fromEntries(shown), isRevealed },
    // One value alone is for scripts, and so as it is.
    text: key === undefined ? renderFields(shown, { ...invocation.screen, isRevealed }) : (shown[0]?.[1] ?? ''),
    isRevealed,
  };
}
