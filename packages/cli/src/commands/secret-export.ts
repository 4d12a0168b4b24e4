import { resolve } from 'node:path';
import { StackError } from '@stack/core/errors';
import { formatSecrets } from '@stack/project';
import type { CommandOutput } from '../command-line/command.ts';
import type { Invocation } from '../command-line/invocation.ts';
import { openProjectHere } from '../open-project-here.ts';
import { writeNamedFile } from '../output/write-named-file.ts';
import { secretPlace } from '../secrets/secret-place.ts';

/** For its owner alone. */
const mode = 0o600;

export async function run(invocation: Invocation): Promise<CommandOutput> {
  const typed = invocation.positional('FILE');
  if (!/\.(?:ya?ml|json)$/.test(typed)) {
    throw new StackError({
      code: 'ARGUMENT_INVALID',
      message: `Secrets are exported as YAML or JSON, and ${typed} is neither.`,
      hint: 'Give a file that ends in .yaml or .json.',
    });
  }
  if (!invocation.flag('reveal')) {
    throw new StackError({
      code: 'OPTION_MISSING',
      message: 'An export holds the values of secrets in clear.',
      hint: 'If that is what you want, say so: --reveal',
    });
  }
  const { store, scope } = secretPlace(invocation);
  await using project = await openProjectHere(invocation);
  const secrets = await project.secrets.export({ store, scope });
  const file = resolve(invocation.workingDirectory, typed);
  await writeNamedFile(file, await formatSecrets(secrets, file), { replace: false, mode, hint: 'Choose another one.' });
  const names = secrets.map(({ name }) => name);
  return {
    data: { file, secrets: names },
    text: `Exported ${names.length === 1 ? 'a secret' : `${names.length} secrets`} to ${file}.`,
    warnings: [
      new StackError({
        code: 'SECRET_EXPOSED',
        message: `${file} holds the values of secrets in clear. It can be read by your user alone.`,
        hint: 'Delete it when it was imported, and keep it out of repositories and backups.',
      }),
    ],
  };
}
