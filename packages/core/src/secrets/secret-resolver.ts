import { type Problem, StackError } from '../errors/index.ts';
import { isPlainObject, isTooDeep, maximumDepth } from '../json.ts';
import { addMaskedValue } from './secret-masker.ts';
import {
  formatSecretReference,
  parseSecretReference,
  type SecretReference,
  unescapeReference,
} from './secret-reference.ts';
import { warnOfUnmaskedSecret } from './unmasked-secret-warning.ts';

/** Finds the values of secrets: all references of one component in one call. */
export interface SecretResolver {
  /** The value of each reference, in the order asked for; `undefined` for one that does not exist. */
  resolve(references: readonly SecretReference[]): Promise<readonly (string | undefined)[]>;
  /** What a user does to make a missing secret, as a command where there is one. */
  describeMissing(reference: SecretReference): string;
}

/** A reference and where in an input it stands. */
export interface LocatedReference {
  readonly path: readonly (string | number)[];
  readonly reference: SecretReference;
}

/** Every secret reference in a value, at any depth. */
export function findSecretReferences(value: unknown, path: readonly (string | number)[] = []): LocatedReference[] {
  const reference = parseSecretReference(value);
  if (reference !== undefined) return [{ path, reference }];
  if (Array.isArray(value)) return value.flatMap((item, index) => findSecretReferences(item, [...path, index]));
  if (!isPlainObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => findSecretReferences(item, [...path, key]));
}

/** The input with what is escaped as it is meant, and the references left where they are. */
export function unescapeReferences<Input>(input: Input): Input {
  return mapTexts(input, unescapeReference) as Input;
}

/**
 * The input with each reference replaced by its value, and what is escaped as it is meant. The values are masked in this
 * process from then on.
 *
 * @throws SECRET_NOT_FOUND with every missing reference as a problem
 * @throws CONFIG_INVALID for an input that is nested too deep, or contains itself
 */
export async function resolveSecretReferences<Input>(input: Input, resolver: SecretResolver): Promise<Input> {
  if (isTooDeep(input)) {
    throw new StackError({
      code: 'CONFIG_INVALID',
      message: `An input with references to secrets may not be nested more than ${maximumDepth} levels deep.`,
    });
  }
  const located = findSecretReferences(input);
  if (located.length === 0) return unescapeReferences(input);
  const values = await resolver.resolve(located.map(({ reference }) => reference));
  const byText = new Map<string, string>();
  const problems: Problem[] = [];
  for (const [index, { path, reference }] of located.entries()) {
    const value = values[index];
    if (value === undefined) {
      const text = formatSecretReference(reference);
      problems.push({
        path: path.join('.'),
        message: `the secret ${text} does not exist`,
        hint: resolver.describeMissing(reference),
      });
    } else {
      if (!addMaskedValue(value)) warnOfUnmaskedSecret(reference);
      byText.set(formatSecretReference(reference), value);
    }
  }
  if (problems.length > 0) {
    throw new StackError({
      code: 'SECRET_NOT_FOUND',
      message: problems.map((problem) => `${problem.path}: ${problem.message}`).join('; '),
      hint: problems[0]?.hint,
      problems,
    });
  }
  return mapTexts(input, (text) => {
    const reference = parseSecretReference(text);
    return reference === undefined ? unescapeReference(text) : (byText.get(formatSecretReference(reference)) ?? text);
  }) as Input;
}

/** A copy of JSON-like data with every text in it changed; keys stay. */
function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapTexts(item, change)]));
}
