import { basename, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import type { JsonValue } from '@stack/core';
import { didYouMean, StackError } from '@stack/core/errors';
import {
  parseDocument,
  parseSecrets,
  parseSecretValues,
  readTextFile,
  type SecretConflictRule,
  type SecretValues,
  secretConflictRules,
} from '@stack/project';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { dryRunText } from '../output/stack-outcome.ts';
import { renderTable } from '../output/table.ts';
import { readStandardInput } from '../secrets/read-standard-input.ts';
import { secretPlace } from '../secrets/secret-place.ts';

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const onConflict = conflictRule(invocation.option('on-conflict') ?? 'fail');
  const place = secretPlace(invocation);
  await using project = await openProjectHere(invocation);
  const imported = await project.secrets.import(await readSecrets(invocation), { ...place, onConflict });
  const rows = imported.secrets.map(({ name, keys, action }) => [action, name, keys.join(' ')]);
  const table = renderTable(['ACTION', 'NAME', 'KEYS'], rows, invocation.screen);
  return {
    data: { ...imported, isDryRun: invocation.dryRun },
    text: dryRunText(invocation, `Imported into the secret store "${imported.store}".\n\n${table}`),
  };
}

async function readSecrets(invocation: Invocation): Promise<Readonly<Record<string, SecretValues>>> {
  const typed = invocation.positional('FILE');
  const name = invocation.option('name');
  const subject = typed === '-' ? 'standard input' : typed;
  const isEnvironment = /^\.env|\.env$/.test(basename(typed));
  if (isEnvironment && name === undefined) {
    throw new StackError({
      code: 'OPTION_MISSING',
      message: `The variables of ${typed} are the keys of one secret, and it has no name.`,
      hint: 'Give it one: --name=NAME',
    });
  }
  const text = await (typed === '-'
    ? readStandardInput('secrets')
    : readTextFile(resolve(invocation.workingDirectory, typed)));
  // What it parses are texts alone.
  const document = isEnvironment ? (parseEnv(text) as JsonValue) : await parseDocument(text, subject);
  return name === undefined ? parseSecrets(document, subject) : { [name]: parseSecretValues(document, subject) };
}

function conflictRule(text: string): SecretConflictRule {
  const rule = secretConflictRules.find((candidate) => candidate === text);
  if (rule !== undefined) return rule;
  throw new StackError({
    code: 'ARGUMENT_INVALID',
    message: `--on-conflict is one of ${secretConflictRules.join(', ')}, not ${JSON.stringify(text)}.`,
    hint: didYouMean(text, secretConflictRules),
  });
}
