import { StackError } from '../errors/index.ts';
import { secretMask } from './secret.ts';

export interface ChildEnvironmentOptions {
  /** Variables of the child, over those that it gets of this process. One that is `undefined` is left out. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Names of further variables that it gets of this process. */
  readonly passedOn?: RegExp;
}

/** Without these, hardly a program works. */
const alwaysPassedOn = /^(?:PATH|HOME|LANG|LC_\w+|TZ|TMPDIR)$/;
/** Windows reads names in whatever case. */
const passedOnByWindows =
  /^(?:PATH|PATHEXT|COMSPEC|SYSTEMROOT|SYSTEMDRIVE|WINDIR|TEMP|TMP|USERPROFILE|HOMEDRIVE|HOMEPATH|(?:LOCAL)?APPDATA|PROGRAM(?:DATA|FILES(?:\(X86\))?)|PROCESSOR_ARCHITECTURE|NUMBER_OF_PROCESSORS)$/i;
/** Values of secrets, and the key to them. */
const neverPassedOn = /^STACK_SECRETS?_/i;

/**
 * The environment for a child process: of this process `PATH`, `HOME`, `LANG`, `LC_*`, `TZ` and `TMPDIR`, on Windows what
 * programs need there, and what is given. `STACK_SECRETS_KEY` and `STACK_SECRET_*` are left out, given or not.
 *
 * @throws ARGUMENT_INVALID for a variable that is a `Secret`, or has one printed in it
 */
export function createChildEnvironment({
  environment = {},
  passedOn,
}: ChildEnvironmentOptions = {}): Record<string, string> {
  const isPassedOn = (name: string) =>
    alwaysPassedOn.test(name) ||
    (process.platform === 'win32' && passedOnByWindows.test(name)) ||
    passedOn?.test(name) === true;
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => isPassedOn(name)));
  const variables = Object.entries({ ...own, ...environment }).filter(
    (variable): variable is [string, string] => variable[1] !== undefined && !neverPassedOn.test(variable[0]),
  );
  // The text of a secret, and one in which it was put, has its mask.
  const secrets = variables.filter(([, value]) => String(value).includes(secretMask)).map(([name]) => name);
  if (secrets.length === 0) return Object.fromEntries(variables);
  throw new StackError({
    code: 'ARGUMENT_INVALID',
    message: `The environment of a child process is no place for a secret: ${secrets.join(', ')}.`,
    hint: 'Hand it over by a file or a pipe: the `secrets` and the `input` of `context.spawn` do that.',
    problems: secrets.map((path) => ({ path, message: 'is a secret' })),
  });
}
