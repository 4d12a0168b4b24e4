import { type ConfigSchema, configJsonSchema } from '../config/config-schema.ts';
import { type JsonSchema, propertySchema, schemaProperties, secretFieldPaths } from '../config/json-schema.ts';
import { checkConfig } from '../config/parse-config.ts';
import { didYouMean, type Problem, StackError } from '../errors/index.ts';
import { isPlainObject, type JsonObject, type JsonValue } from '../json.ts';
import {
  componentSecretName,
  fieldSecretKey,
  findSecretReferences,
  formatSecretReference,
  parseSecretReference,
} from '../secrets/index.ts';
import { type MergedSettings, pathsOverlap, type SettingsAssignment } from './merge-settings.ts';
import type { SettingsOrigin } from './settings-layer.ts';
import { type SelectableComponent, selectorOf } from './settings-selector.ts';

/** A component with the settings that it was registered or made with, and the schema that they are parsed by. */
export interface SettingsTarget extends SelectableComponent {
  /** As they were given: without defaults, references to secrets not resolved. */
  readonly settings: JsonObject;
  readonly settingsSchema: ConfigSchema;
}

/**
 * What is wrong with the merged settings of a component: what its schema says, with problems around references to
 * secrets left for the parse; at every level, an unknown key, a secret in clear, and a setting of the whole run that a
 * step sets.
 *
 * @param step the step that they are for; `undefined` for the run as a whole
 */
export function checkSettings(target: SettingsTarget, merged: MergedSettings, step: string | undefined): Problem[] {
  const jsonSchema = configJsonSchema(target.settingsSchema);
  const given = merged.assignments
    .filter(({ origin }) => origin !== 'component')
    .flatMap((assignment) => {
      const problem = assignmentProblem(target, jsonSchema, assignment);
      return problem === undefined ? [] : [{ ...problem, assignment }];
    });
  // What is no reference keeps the rest from being checked: `checkConfig` leaves out what is around references.
  const isReadable = !given.some(({ code }) => code === 'SECRET_REFERENCE_INVALID');
  const parsed = (isReadable ? checkConfig(target.settingsSchema, merged.input) : []).map((problem) => {
    const path = problem.path.split('.');
    const assignment = merged.assignments.find((one) => one.isInForce && pathsOverlap(one.path, path));
    return { ...problem, path, assignment };
  });
  const isNew = ({ path }: { readonly path: readonly string[] }) => !given.some((one) => pathsOverlap(one.path, path));
  return [...given, ...parsed.filter(isNew)].map(({ path, assignment, ...problem }) => ({
    ...problem,
    path: [...placeOf(target, assignment, step), ...path].filter((segment) => segment !== '').join('.'),
    message: `${problem.message}${assignment === undefined ? '' : whereGiven[assignment.origin]}`,
  }));
}

/** Where a level's settings for a selector stand, as the path of a problem: `steps.train.settings.orchestrator`. */
export function settingsPlace(origin: SettingsOrigin, selector: string, step: string | undefined): readonly string[] {
  return [...(isOfStep(origin) && step !== undefined ? ['steps', step] : []), 'settings', selector];
}

/** The end of a message about what a level says. */
export const whereGiven: Readonly<Record<SettingsOrigin, string>> = {
  component: '',
  pipeline: ' (in the code)',
  'run-config': ' (in the run config)',
  step: ' (in the code)',
  'run-config-step': ' (in the run config)',
};

type AssignmentProblem = Omit<Problem, 'path'> & { readonly path: readonly string[] };

function assignmentProblem(
  target: SettingsTarget,
  schema: JsonSchema,
  { path, value, origin }: SettingsAssignment,
): AssignmentProblem | undefined {
  const unknown = unknownField(schema, path);
  if (unknown !== undefined) return unknown;
  if (isOfStep(origin) && schemaProperties(schema).get(path[0] ?? '')?.perRun === true) {
    return { path, message: 'holds for a whole run, so no step has one of its own', hint: 'Set it for the pipeline.' };
  }
  const malformed = malformedReference(value);
  if (malformed !== undefined) return { path, ...malformed };
  const secret = secretFieldPaths(schema)
    .map((field) => secretInClear(value, path, field.split('.')))
    .find((found) => found !== undefined);
  if (secret === undefined) return undefined;
  const reference = { name: componentSecretName(target), key: fieldSecretKey(secret) };
  return {
    path: secret,
    message: 'is a secret, and is not stored in clear',
    hint: `Make a secret of it: stack secret create ${reference.name} --${reference.key}=VALUE. Then write '${formatSecretReference(reference)}' in its place.`,
  };
}

function isOfStep(origin: SettingsOrigin): boolean {
  return origin === 'step' || origin === 'run-config-step';
}

function malformedReference(value: JsonValue): Omit<Problem, 'path'> | undefined {
  try {
    findSecretReferences(value);
    return undefined;
  } catch (error) {
    if (!StackError.is(error, 'SECRET_REFERENCE_INVALID')) throw error;
    const { code, hint } = error;
    return { message: 'is not a secret reference', code, ...(hint === undefined ? {} : { hint }) };
  }
}

/** Whatever the schema says of further fields, one that it does not name is a misspelt one, unless it takes any. */
function unknownField(schema: JsonSchema, path: readonly string[]): AssignmentProblem | undefined {
  let current = schema;
  for (const [index, segment] of path.entries()) {
    const next = propertySchema(current, segment);
    const names = schemaProperties(current);
    if (next === undefined) {
      if (index > 0 && names.size === 0) return undefined;
      return {
        path: path.slice(0, index + 1),
        message: 'is not an option',
        code: 'OPTION_UNKNOWN',
        hint: didYouMean(segment, names.keys()) ?? describeNames([...names.keys()]),
      };
    }
    current = next;
  }
  return undefined;
}

function describeNames(names: readonly string[]): string {
  return names.length === 0 ? 'It has no settings.' : `There are ${names.join(', ')}.`;
}

/** The path of the value that the pattern of a secret field fits, and that is no reference. */
function secretInClear(
  value: JsonValue,
  path: readonly string[],
  field: readonly string[],
): readonly string[] | undefined {
  const fits = (segments: readonly string[]) =>
    segments.every((one, index) => field[index] === '*' || field[index] === one);
  const find = (part: unknown, at: readonly string[]): readonly string[] | undefined => {
    if (!fits(at) || at.length > field.length) return undefined;
    if (at.length === field.length) {
      return typeof part === 'string' && parseSecretReference(part) === undefined ? at : undefined;
    }
    const entries = Array.isArray(part) ? part.entries() : isPlainObject(part) ? Object.entries(part) : [];
    for (const [key, item] of entries) {
      const found = find(item, [...at, String(key)]);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return find(value, path);
}

function placeOf(
  target: SettingsTarget,
  assignment: SettingsAssignment | undefined,
  step: string | undefined,
): readonly string[] {
  if (assignment?.selector === undefined) return [selectorOf(target)];
  return settingsPlace(assignment.origin, assignment.selector, step);
}
