import {
  checkName,
  isPlainObject,
  type JsonObject,
  type JsonValue,
  maximumDepth,
  type Problem,
  parseConfig,
  StackError,
} from '@stack/core';
import * as z from 'zod';

/** A component as it may be written in a stack's document. */
export interface ComponentInput {
  /** The component type; where it is given, it is the one that the component stands under. */
  readonly type?: string;
  readonly name: string;
  /** Name of its flavor, e.g. `s3`. */
  readonly flavor: string;
  /** The integration that the flavor is from. Default: the only one that has a flavor of this name. */
  readonly package?: string;
  /** Where a flavor of the project itself is: `FILE#EXPORT` from the root of the project. */
  readonly source?: string;
  /** The version that the config was written for. Default: that of the flavor as it is installed. */
  readonly configVersion?: number;
  /** Secrets as references, `{{name.key}}`. */
  readonly config?: JsonObject;
  readonly settings?: JsonObject;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A stack as it may be written in `stack.yaml`, or by `defineStack`. */
export interface StackInput {
  /** The version of this form. Default 1. */
  readonly version?: 1;
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** By component type, one or several, the default one first: as a whole, or the name of one that exists. */
  readonly components: Readonly<Record<string, string | ComponentInput | readonly (string | ComponentInput)[]>>;
}

/** A component in the canonical form: what is left out in an input is empty here. */
export type DocumentComponent = Omit<ComponentInput, 'type' | 'config' | 'settings' | 'labels'> &
  Required<Pick<ComponentInput, 'config' | 'settings' | 'labels'>>;

/** The canonical form of a stack: equal stacks are deeply equal, whatever they were written in. */
export interface StackDocument {
  readonly version: 1;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** By component type; a text is the name of a component that exists, and is none of the document's. */
  readonly components: Readonly<Record<string, readonly (string | DocumentComponent)[]>>;
}

const fields = z.record(z.string(), z.json());
const labels = z.record(z.string().min(1), z.string());

const documentSchema = z.object({
  version: z.literal(1).optional(),
  name: z.string(),
  labels: labels.optional(),
  components: z.record(z.string(), z.unknown()),
});

const componentSchema = z.object({
  type: z.string().optional(),
  name: z.string(),
  flavor: z.string(),
  package: z.string().optional(),
  source: z.string().optional(),
  configVersion: z.int().min(1).optional(),
  config: fields.optional(),
  settings: fields.optional(),
  labels: labels.optional(),
});

/**
 * Reads a stack's document into its canonical form.
 *
 * @param subject the file, for the message
 * @throws CONFIG_INVALID with every problem, by path
 */
export function parseStackDocument(value: unknown, subject: string): StackDocument {
  const problems: Problem[] = [];
  const given = withoutUndefined(value, subject);
  problems.push(...unusableNames(given));
  const document = check(documentSchema, given, [], problems);
  if (document !== undefined) checkNameAt('stack', document.name, ['name'], problems);
  const components: Record<string, readonly (string | DocumentComponent)[]> = {};
  for (const [type, ofType] of Object.entries(componentsOf(given))) {
    const path = ['components', type];
    const list = [ofType].flat().flatMap((item: unknown, index): (string | DocumentComponent)[] => {
      const component = readComponent(type, item, [...path, String(index)], problems);
      return component === undefined ? [] : [component];
    });
    problems.push(...repeatedNames(list, path));
    if (list.length > 0) components[type] = list;
  }
  if (document === undefined || problems.length > 0) throw documentError(subject, problems);
  return { version: 1, name: document.name, labels: document.labels ?? {}, components };
}

/** They are read also where something else is wrong, so that all problems are found at once. */
function componentsOf(given: unknown): Record<string, unknown> {
  return isPlainObject(given) && isPlainObject(given.components) ? given.components : {};
}

/** The error for a document with these problems. It has their code, where they have one. */
export function documentError(subject: string, problems: readonly Problem[], verdict = 'is not valid'): StackError {
  const [first, second] = problems;
  const lines = problems.map(({ path, message, hint }) => {
    const where = path === '' ? '' : `${path}: `;
    return `  ${where}${message}${hint === undefined || second === undefined ? '' : `. ${hint}`}`;
  });
  const codes = new Set(problems.map(({ code }) => code));
  return new StackError({
    code: (codes.size === 1 ? first?.code : undefined) ?? 'CONFIG_INVALID',
    message: `${subject} ${verdict}:\n${lines.join('\n')}`,
    hint: second === undefined ? first?.hint : undefined,
    problems,
  });
}

/** Every component that a document describes, with its type and its place among those of the type. */
export function documentComponents(
  document: StackDocument,
): { readonly type: string; readonly index: number; readonly component: DocumentComponent }[] {
  return Object.entries(document.components).flatMap(([type, list]) =>
    list.flatMap((component, index) => (typeof component === 'string' ? [] : [{ type, index, component }])),
  );
}

/** The types and names of all components of a document's stack, those of a type in their order. */
export function documentMembers(document: StackDocument): { readonly type: string; readonly name: string }[] {
  return Object.entries(document.components).flatMap(([type, list]) =>
    list.map((component) => ({ type, name: typeof component === 'string' ? component : component.name })),
  );
}

/** What a component is told apart by. */
export function memberKey({ type, name }: { readonly type: string; readonly name: string }): string {
  return `${type}:${name}`;
}

/** The document as plain JSON in one order of fields, without what is empty: what files hold. */
export function stackDocumentJson(document: StackDocument): JsonObject {
  const components = Object.entries(document.components).map(([type, list]) => [
    type,
    list.map((component): JsonValue => {
      if (typeof component === 'string') return component;
      const { name, flavor, package: packageName, source, configVersion, config, settings } = component;
      return {
        name,
        flavor,
        ...(packageName === undefined ? {} : { package: packageName }),
        ...(source === undefined ? {} : { source }),
        ...(configVersion === undefined ? {} : { configVersion }),
        ...unlessEmpty('config', config),
        ...unlessEmpty('settings', settings),
        ...unlessEmpty('labels', component.labels),
      };
    }),
  ]);
  const { version, name } = document;
  return { version, name, ...unlessEmpty('labels', document.labels), components: Object.fromEntries(components) };
}

function unlessEmpty(key: string, value: JsonObject): JsonObject {
  return Object.keys(value).length === 0 ? {} : { [key]: value };
}

function readComponent(
  type: string,
  value: unknown,
  path: readonly string[],
  problems: Problem[],
): string | DocumentComponent | undefined {
  if (typeof value === 'string') {
    checkNameAt('component', value, path, problems);
    return value;
  }
  const given = check(componentSchema, value, path, problems);
  if (given === undefined) return undefined;
  const { type: ownType, name, flavor, package: packageName, source, configVersion } = given;
  checkNameAt('component', name, [...path, 'name'], problems);
  if (ownType !== undefined && ownType !== type) {
    problems.push({ path: path.join('.'), message: `is one of ${ownType}, and stands under ${type}` });
  }
  if (packageName !== undefined && source !== undefined) {
    problems.push({ path: path.join('.'), message: 'has a package and a source; a flavor is from one of them' });
  }
  return {
    name,
    flavor,
    ...(packageName === undefined ? {} : { package: packageName }),
    ...(source === undefined ? {} : { source }),
    ...(configVersion === undefined ? {} : { configVersion }),
    config: given.config ?? {},
    settings: given.settings ?? {},
    labels: given.labels ?? {},
  };
}

function check<Schema extends z.ZodObject>(
  schema: Schema,
  value: unknown,
  path: readonly string[],
  problems: Problem[],
): z.output<Schema> | undefined {
  return attempt(path, problems, () => parseConfig(schema, value, ''));
}

function checkNameAt(kind: 'stack' | 'component', name: string, path: readonly string[], problems: Problem[]): void {
  attempt(path, problems, () => checkName(kind, name));
}

/** What `read` returns; what it throws becomes problems below the path. */
function attempt<Result>(path: readonly string[], problems: Problem[], read: () => Result): Result | undefined {
  try {
    return read();
  } catch (error) {
    if (!StackError.is(error)) throw error;
    problems.push(...problemsAt(path.join('.'), error));
    return undefined;
  }
}

/** The problems that an error stands for, below a path; the error itself where it has none. */
export function problemsAt(path: string, error: StackError): Problem[] {
  const { problems, message, hint, code } = error;
  if (problems === undefined || problems.length === 0) {
    return [{ path, message, code, ...(hint === undefined ? {} : { hint }) }];
  }
  return problems.map((problem) => ({
    ...problem,
    path: [path, problem.path].filter((part) => part !== '').join('.'),
  }));
}

function repeatedNames(list: readonly (string | DocumentComponent)[], path: readonly string[]): Problem[] {
  const names = list.map((component) => (typeof component === 'string' ? component : component.name));
  const repeated = new Set(names.filter((name, index) => names.indexOf(name) !== index));
  return [...repeated].map((name) => ({ path: path.join('.'), message: `two components have the name "${name}"` }));
}

/** Objects in code cannot have this name like others: zod leaves it out, and what is left out would be lost. */
function unusableNames(value: unknown, path = ''): Problem[] {
  // An instance of a class may contain itself. The schema refuses it.
  if (!Array.isArray(value) && !isPlainObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const itemPath = path === '' ? key : `${path}.${key}`;
    const own = key === '__proto__' ? [{ path: itemPath, message: 'is a name that nothing can have' }] : [];
    return [...own, ...unusableNames(item, itemPath)];
  });
}

/** Code may write `region: undefined`; JSON cannot. */
function withoutUndefined(value: unknown, subject: string, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > maximumDepth) {
    throw documentError(subject, [{ path: '', message: `it is nested more than ${maximumDepth} levels deep` }]);
  }
  if (Array.isArray(value)) return value.map((item) => withoutUndefined(item, subject, depth + 1));
  if (!isPlainObject(value)) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutUndefined(item, subject, depth + 1)]));
}
