import { isDeepStrictEqual } from 'node:util';
import { isPlainObject, type JsonObject, type JsonValue, type Problem } from '@stack/core';
import {
  type DocumentComponent,
  documentComponents,
  documentMembers,
  memberKey,
  type StackDocument,
} from './stack-document.ts';

/**
 * Why something differs: the document says something new, or, with `drift`, it was changed by other means since the
 * document was applied; `both` when each happened.
 */
export type ChangeCause = 'document' | 'drift' | 'both';

/** One field that a change is about, by its dotted path. An absent side is `undefined`. */
export interface PlannedFieldChange {
  readonly path: string;
  readonly before: JsonValue | undefined;
  readonly after: JsonValue | undefined;
  readonly cause: ChangeCause;
}

/** What applying a document does to one flavor, component or stack. */
export interface PlannedChange {
  /** `replace`: another one takes the place, name and stacks of a component whose flavor changes. */
  readonly action: 'create' | 'update' | 'replace' | 'delete';
  readonly kind: 'flavor' | 'component' | 'stack';
  /** The component type; `undefined` for a stack. */
  readonly type: string | undefined;
  readonly name: string;
  readonly cause: ChangeCause;
  readonly fields: readonly PlannedFieldChange[];
}

/** What has to be done so that a project is as a document says, in an order in which it can be done. */
export interface StackPlan {
  readonly stack: string;
  readonly changes: readonly PlannedChange[];
  /** Components that the document no longer has, and that stay because other stacks have them. */
  readonly kept: readonly { readonly type: string; readonly name: string; readonly stacks: readonly string[] }[];
}

/** A component that exists. */
export interface CurrentComponent {
  readonly id: string;
  readonly type: string;
  /** Its config in the version of the flavor that it is compared with. */
  readonly component: DocumentComponent;
  readonly isProtected: boolean;
  /** The names of the stacks that have it. */
  readonly stacks: readonly string[];
}

/** The stack of a document's name. */
export interface CurrentStack {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly members: readonly { readonly type: string; readonly name: string }[];
  readonly isProtected: boolean;
}

/** What a project has of that which a document is about. */
export interface CurrentState {
  readonly find: (type: string, name: string) => CurrentComponent | undefined;
  readonly stack: CurrentStack | undefined;
  /** The flavors that are to be registered for the document. */
  readonly newFlavors: readonly { readonly type: string; readonly name: string; readonly source: string }[];
  /** What was applied before to the stack, with the components that it made and that exist still. */
  readonly applied: { readonly document: StackDocument; readonly made: readonly CurrentComponent[] } | undefined;
}

/**
 * Compares a document, in which every flavor is resolved, with a project. Pure.
 *
 * @returns the plan, and what forbids it
 */
export function planStack(
  desired: StackDocument,
  current: CurrentState,
): { readonly plan: StackPlan; readonly problems: readonly Problem[] } {
  const flavors = current.newFlavors.map(
    ({ type, name, source }): PlannedChange => ({
      action: 'create',
      kind: 'flavor',
      type,
      name,
      cause: 'document',
      fields: [{ path: 'source', before: undefined, after: source, cause: 'document' }],
    }),
  );
  const components = documentComponents(desired).flatMap(({ type, component }) => {
    const before = appliedComponent(current, type, component.name);
    return planComponent(type, component, current.find(type, component.name), before);
  });
  const stack = planMembers(desired, current);
  const members = new Set(documentMembers(desired).map(memberKey));
  const gone = (current.applied?.made ?? []).filter(
    ({ type, component: { name } }) => !members.has(memberKey({ type, name })),
  );
  const isKept = ({ stacks }: CurrentComponent) => stacks.some((name) => name !== desired.name);
  const deletions = gone
    .filter((component) => !isKept(component))
    .map(({ type, component: { name } }): PlannedChange => {
      return { action: 'delete', kind: 'component', type, name, cause: 'document', fields: [] };
    });
  const plan: StackPlan = {
    stack: desired.name,
    changes: [...flavors, ...components, ...stack, ...deletions],
    kept: gone.filter(isKept).map(({ type, component: { name }, stacks }) => ({
      type,
      name,
      stacks: stacks.filter((stackName) => stackName !== desired.name),
    })),
  };
  return { plan, problems: forbidden(current, plan) };
}

/** The leaves in which a component differs from another; lists are compared as wholes. */
export function componentDifferences(
  before: DocumentComponent | undefined,
  after: DocumentComponent,
): PlannedFieldChange[] {
  return differences(comparable(before), comparable(after), undefined);
}

function planComponent(
  type: string,
  desired: DocumentComponent,
  current: CurrentComponent | undefined,
  applied: DocumentComponent | undefined,
): PlannedChange[] {
  const { name } = desired;
  const last = applied === undefined ? undefined : comparable(applied);
  const fields = differences(comparable(current?.component), comparable(desired), last);
  const shared = { kind: 'component', type, name, fields } as const;
  if (current === undefined) {
    const cause = applied === undefined ? 'document' : 'drift';
    return [{ action: 'create', ...shared, cause, fields: fields.map((field) => ({ ...field, cause })) }];
  }
  if (fields.length === 0) return [];
  const isOther = fields.some(({ path }) => flavorFields.has(path));
  return [{ action: isOther ? 'replace' : 'update', ...shared, cause: overallCause(fields) }];
}

function planMembers(desired: StackDocument, { stack, applied }: CurrentState): PlannedChange[] {
  const view = (labels: JsonObject, members: readonly { type: string; name: string }[]): JsonObject => ({
    components: Object.fromEntries(
      [...Map.groupBy(members, ({ type }) => type)].map(([type, ofType]) => [type, ofType.map(({ name }) => name)]),
    ),
    labels,
  });
  const last = applied === undefined ? undefined : view(applied.document.labels, documentMembers(applied.document));
  const before = view(stack?.labels ?? {}, stack?.members ?? []);
  const fields = differences(before, view(desired.labels, documentMembers(desired)), last);
  const shared = { kind: 'stack', type: undefined, name: desired.name, fields } as const;
  if (stack === undefined) return [{ action: 'create', ...shared, cause: 'document' }];
  return fields.length === 0 ? [] : [{ action: 'update', ...shared, cause: overallCause(fields) }];
}

/** What is protected is not changed. */
function forbidden(current: CurrentState, { changes }: StackPlan): Problem[] {
  const isProtected = ({ kind, type, name }: PlannedChange) =>
    kind === 'stack' ? current.stack?.isProtected === true : current.find(type ?? '', name)?.isProtected === true;
  const refused = changes.filter((change) => change.kind !== 'flavor' && isProtected(change));
  return refused.map(({ kind, type, name, fields }) => ({
    path: kind === 'stack' ? 'name' : `components.${type}`,
    message: `the ${type ?? 'stack'} "${name}" is one that every project has, and cannot be changed; the document has another ${fields.map(({ path }) => path).join(', ')}`,
    code: 'PROTECTED',
    hint: 'Give yours another name.',
  }));
}

function appliedComponent({ applied }: CurrentState, type: string, name: string): DocumentComponent | undefined {
  const found = applied?.document.components[type]?.find(
    (component) => typeof component !== 'string' && component.name === name,
  );
  return typeof found === 'string' ? undefined : found;
}

const flavorFields: ReadonlySet<string> = new Set(['flavor', 'package', 'source']);

/** What is compared of a component. The version of a config says how it is written, not what it says. */
function comparable(component: DocumentComponent | undefined): JsonObject {
  if (component === undefined) return { config: {}, settings: {}, labels: {} };
  const { flavor, package: packageName, source, config, settings, labels } = component;
  return { flavor, package: packageName, source, config, settings, labels };
}

/** @param last what was applied last; without it, the document is the cause of all */
function differences(
  before: JsonObject,
  after: JsonObject,
  last: JsonObject | undefined,
  path = '',
): PlannedFieldChange[] {
  return [...new Set([...Object.keys(after), ...Object.keys(before)])].flatMap((key): PlannedFieldChange[] => {
    const [old, next] = [own(before, key), own(after, key)];
    if (isDeepStrictEqual(old, next)) return [];
    const previous = last === undefined ? undefined : own(last, key);
    const fieldPath = path === '' ? key : `${path}.${key}`;
    const isInside = (isObject(old) || old === undefined) && (isObject(next) || next === undefined);
    const below = isInside
      ? differences(
          old ?? {},
          next ?? {},
          last === undefined ? undefined : isObject(previous) ? previous : {},
          fieldPath,
        )
      : [];
    // An object that is empty on one side and absent on the other differs, and has no leaf that does.
    if (below.length > 0) return below;
    const cause =
      last === undefined || isDeepStrictEqual(previous, old)
        ? 'document'
        : isDeepStrictEqual(previous, next)
          ? 'drift'
          : 'both';
    return [{ path: fieldPath, before: old, after: next, cause }];
  });
}

function own(value: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return isPlainObject(value);
}

function overallCause(fields: readonly PlannedFieldChange[]): ChangeCause {
  const causes = new Set(fields.map(({ cause }) => cause));
  const [only] = causes;
  return causes.size === 1 && only !== undefined ? only : 'both';
}
