import { StackError } from '@stack/core/errors';
import { componentTypeProperty, type FlavorManifest, type Option } from '@stack/core/manifest';
import type { Invocation } from '../command-line/invocation.ts';

/** Whether the value of an option is what was typed, and not where to read it. */
export function isTyped(value: string | true): value is string {
  return value !== true && value !== '-' && (!value.startsWith('@') || value.startsWith('@@'));
}

/**
 * The warning that values of secrets were typed; none where nothing was.
 *
 * @param hint how to give the value of an option otherwise
 */
export function typedWarnings(options: readonly Option[], hint: (name: string) => string): StackError[] {
  const names = options.filter(([, value]) => isTyped(value)).map(([name]) => name);
  const [first] = names;
  if (first === undefined) return [];
  return [
    new StackError({
      code: 'SECRET_EXPOSED',
      message: `What is typed stays in the history of the shell, and others on this machine may see it while it runs: the value of ${names.join(', ')}.`,
      hint: hint(first),
    }),
  ];
}

/** The same for the secret fields of a component, which a command was told to take as they are. */
export function typedFieldWarnings(invocation: Invocation, { secretFields }: FlavorManifest): StackError[] {
  if (!invocation.flag('allow-plain-secret')) return [];
  const fieldOf = (name: string) => componentTypeProperty(name.split('.')[0] ?? '');
  const secret = new Set(secretFields.map((path) => path.split('.')[0]));
  const options = [...invocation.furtherOptions, ...invocation.optionPairs('set')];
  const ofSecrets = options.filter(([name, value]) => secret.has(fieldOf(name)) && !String(value).startsWith('{{'));
  return typedWarnings(ofSecrets, (name) => `Spare it: --${name}=@FILE reads the value.`);
}
