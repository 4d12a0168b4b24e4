import type * as z from 'zod';
import { didYouMean, type Problem, StackError } from '../errors/index.ts';
import { isError } from '../errors/is-error.ts';
import { isPlainObject, isTooDeep, maximumDepth } from '../json.ts';
import { findSecretReferences, Secret, secretMask, unescapeReferences } from '../secrets/index.ts';
import { type ConfigSchema, configJsonSchema, strictSchema } from './config-schema.ts';
import { schemaAt, schemaProperties, secretFieldPaths } from './json-schema.ts';

/** What messages call an input. */
export type InputKind = 'config' | 'parameters' | 'settings' | 'run config';

/**
 * Parses the input of a config. Unknown fields are refused, at the root whatever the schema says.
 *
 * @param subject what the input belongs to, for the message, e.g. `artifact store "prod"`
 * @param kind what the message calls the input
 * @throws CONFIG_INVALID with every problem at once, by path
 */
export function parseConfig<Schema extends ConfigSchema>(
  schema: Schema,
  input: unknown,
  subject: string,
  kind: InputKind = 'config',
): z.output<Schema> {
  const result = applySchema(schema, input);
  if ('problem' in result) throw configError(subject, [result.problem], kind);
  const problems = [...maskProblems(input), ...describeIssues(schema, input, result.error?.issues ?? [])];
  if (problems.length > 0) throw configError(subject, problems, kind);
  return result.data as z.output<Schema>;
}

/**
 * The problems of an input whose secret references are not resolved yet: what is wrong at a reference, or with a
 * value around one, is left for `parseConfig` to find once the values are known.
 */
export function checkConfig(schema: ConfigSchema, input: unknown): readonly Problem[] {
  const result = applySchema(schema, isTooDeep(input) ? input : unescapeReferences(input));
  if ('problem' in result) return [result.problem];
  if (result.success) return maskProblems(input);
  const references = findSecretReferences(input).map(({ path }) => path);
  const isDeferred = (issue: z.core.$ZodIssue) =>
    issue.code !== 'unrecognized_keys' && references.some((path) => isAncestorOrSame(issue.path, path));
  const issues = result.error.issues.filter((issue) => !isDeferred(issue));
  return [...maskProblems(input), ...describeIssues(schema, input, issues)];
}

/** The error for a config with these problems. */
export function configError(subject: string, problems: readonly Problem[], kind: InputKind = 'config'): StackError {
  const lines = problems.map(({ path, message, hint }) => {
    const where = path === '' ? '' : `${path}: `;
    return `  ${where}${message}${hint === undefined ? '' : `. ${hint}`}`;
  });
  const onlyProblem = problems.length === 1 ? problems[0] : undefined;
  const isUnknownOption = problems.length > 0 && problems.every(({ code }) => code === 'OPTION_UNKNOWN');
  return new StackError({
    code: isUnknownOption ? 'OPTION_UNKNOWN' : 'CONFIG_INVALID',
    message: `The ${kind} of ${subject} ${kind.endsWith('config') ? 'is' : 'are'} not valid:\n${lines.join('\n')}`,
    hint: onlyProblem?.hint,
    problems,
  });
}

/** Every `Secret` in a parsed config, at any depth. */
export function findSecrets(value: unknown): Secret[] {
  if (Secret.is(value)) return [value];
  if (Array.isArray(value)) return value.flatMap(findSecrets);
  return isPlainObject(value) ? Object.values(value).flatMap(findSecrets) : [];
}

/** What a schema says of an input, or the problem that it cannot be asked. */
function applySchema(
  schema: ConfigSchema,
  input: unknown,
): z.ZodSafeParseResult<unknown> | { readonly problem: Problem } {
  if (isTooDeep(input)) return { problem: { path: '', message: `is nested more than ${maximumDepth} levels deep` } };
  try {
    return strictSchema(schema).safeParse(input);
  } catch (error) {
    if (StackError.is(error)) throw error;
    // A check of a flavor's own may throw, and zod's of a length do for `{"length": {"toString": 1}}`.
    const reason = secretHider(schema, input)(isError(error) ? error.message : String(error));
    return { problem: { path: '', message: `a check of the schema throws: ${reason}` } };
  }
}

/** What was copied from an output, where a secret was masked: stored or used, it would stand in the place of the value. */
export function maskProblems(value: unknown, path: readonly string[] = []): Problem[] {
  if (typeof value === 'string') {
    if (!value.includes(secretMask)) return [];
    const message = `holds ${secretMask}, which stands for the value of a secret where it is shown`;
    return [{ path: path.join('.'), message, hint: 'Give the value, or a reference to the secret, {{name.key}}.' }];
  }
  if (!Array.isArray(value) && !isPlainObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const inner = [...path, key];
    return [...maskProblems(key, inner), ...maskProblems(item, inner)];
  });
}

/** Takes the values of an input's secret fields out of a text. */
function secretHider(schema: ConfigSchema, input: unknown): (text: string) => string {
  const hidden = valuesAt(input, secretFieldPaths(configJsonSchema(schema)));
  return (text) => hidden.reduce((shown, value) => shown.replaceAll(value, secretMask), text);
}

function describeIssues(schema: ConfigSchema, input: unknown, issues: readonly z.core.$ZodIssue[]): Problem[] {
  const jsonSchema = configJsonSchema(schema);
  const hide = secretHider(schema, input);
  return issues.flatMap((issue) => {
    const path = issue.path.map(String).join('.');
    if (issue.code !== 'unrecognized_keys') return [{ path, message: hide(describeIssue(issue, input)) }];
    const known = [...schemaProperties(schemaAt(jsonSchema, issue.path) ?? {}).keys()];
    return issue.keys.map((key) => unknownOption([...issue.path.map(String), key], known));
  });
}

/**
 * The problem of a field that a schema does not name.
 *
 * @param known the names of the fields beside it
 */
export function unknownOption(path: readonly string[], known: readonly string[]): Problem {
  const hint = didYouMean(path.at(-1) ?? '', known);
  const problem = { path: path.join('.'), message: 'is not an option', code: 'OPTION_UNKNOWN' } as const;
  return hint === undefined ? problem : { ...problem, hint };
}

function describeIssue(issue: z.core.$ZodIssue, input: unknown): string {
  if (issue.code === 'invalid_type' && valueAt(input, issue.path) === undefined) return 'is required';
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const alternatives = issue.errors.map((errors) => errors.map((error) => error.message).join(' and '));
    return [...new Set(alternatives)].join(', or: ');
  }
  return issue.message;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const segment of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[segment];
  }
  return value;
}

/** The texts at dotted paths, in which `*` stands for every item. */
function valuesAt(input: unknown, paths: readonly string[]): string[] {
  const texts = paths.flatMap((path) => collect(input, path.split('.')));
  return texts.filter((text) => text !== '');
}

function collect(value: unknown, path: readonly string[]): string[] {
  const [segment, ...rest] = path;
  if (segment === undefined) return typeof value === 'string' ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  if (segment === '*') return Object.values(value).flatMap((item) => collect(item, rest));
  return Object.hasOwn(value, segment) ? collect((value as Record<string, unknown>)[segment], rest) : [];
}

function isAncestorOrSame(ancestor: readonly PropertyKey[], path: readonly (string | number)[]): boolean {
  return ancestor.length <= path.length && ancestor.every((segment, index) => segment === path[index]);
}
