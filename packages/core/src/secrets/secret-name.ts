import { type Problem, StackError } from '../errors/index.ts';
import { secretMask } from './secret.ts';
import { isBraced, secretKeyPattern, secretNamePattern } from './secret-reference.ts';

/** Shortest value, in UTF-16 code units: a shorter one stands in too many texts by chance to be masked in them. */
const shortestSecretValue = 6;
/** Longest value, in UTF-8 bytes: what the smallest of the common backends takes. */
const longestSecretValue = 32 * 1024;
/** Largest secret, in UTF-8 bytes, all its values as one JSON object: what AWS and Google take. */
const largestSecret = 64 * 1024;

const namePattern = new RegExp(`^${secretNamePattern}$`);
const keyPattern = new RegExp(`^${secretKeyPattern}$`);

/** The problems of the name of a secret, as the first segment of a reference `{{name.key}}` has to be. */
export function secretNameProblems(name: string): Problem[] {
  if (namePattern.test(name)) return [];
  return [
    {
      path: 'name',
      message: `${JSON.stringify(name)} cannot be the name of a secret`,
      hint: 'Use 1 to 100 letters, digits, "_" and "-", the first a letter or digit.',
    },
  ];
}

/** The problems of the values of a secret, by key, at `values.KEY`. They never show a value. */
export function secretValueProblems(values: Readonly<Record<string, string>>): Problem[] {
  return Object.entries(values).flatMap(([key, value]) => {
    const path = `values.${key}`;
    const problems: Problem[] = [];
    if (!keyPattern.test(key)) {
      problems.push({
        path,
        message: `${JSON.stringify(key)} cannot be the key of a secret`,
        hint: 'Use 1 to 100 letters, digits, "_", "-" and ".", the first a letter, digit or "_".',
      });
    }
    const fault = valueFault(value);
    if (fault !== undefined) problems.push({ path, message: `the value of ${JSON.stringify(key)} ${fault}` });
    return problems;
  });
}

/** The problems of a secret as a whole. */
export function secretProblems(name: string, values: Readonly<Record<string, string>>): Problem[] {
  if (Object.keys(values).length === 0) {
    return [{ path: '', message: 'it has no values', hint: `To delete it: stack secret delete ${name}` }];
  }
  if (Buffer.byteLength(JSON.stringify(values)) <= largestSecret) return [];
  const hint = 'Make several secrets of it.';
  return [{ path: '', message: `its values are longer than ${largestSecret} bytes as JSON`, hint }];
}

/** @throws ARGUMENT_INVALID with all of the problems, unless there is none */
export function refuseSecretProblems(name: string, problems: readonly Problem[]): void {
  if (problems.length === 0) return;
  throw new StackError({
    code: 'ARGUMENT_INVALID',
    message: `The secret ${JSON.stringify(name)} is not valid: ${problems.map((problem) => problem.message).join('; ')}.`,
    hint: problems.find(({ hint }) => hint !== undefined)?.hint,
    problems,
  });
}

function valueFault(value: string): string | undefined {
  if (typeof value !== 'string') return 'is no text';
  if (value.length < shortestSecretValue) {
    return `is shorter than ${shortestSecretValue} characters, so that it could not be masked`;
  }
  if (value.trim() === '') return 'is blank, so that it could not be masked';
  if (!value.isWellFormed()) return 'is not well-formed Unicode';
  if (Buffer.byteLength(value) > longestSecretValue) return `is longer than ${longestSecretValue} bytes`;
  if (value === secretMask) return `is the mask ${secretMask}, which stands in the place of a value`;
  if (isBraced(value)) return 'is a reference to a secret, and a secret holds none';
  return undefined;
}
