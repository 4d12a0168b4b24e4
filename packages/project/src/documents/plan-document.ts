import { isDeepStrictEqual } from 'node:util';
import type { JsonValue } from '@stack/core';
import type { DocumentComponent, DocumentStack, StackDocument } from './stack-document.ts';

export type DocumentAction = 'create' | 'update' | 'replace' | 'delete' | 'unchanged';

/** One field that a change is about. An absent side is `undefined`. */
export interface FieldChange {
  readonly path: string;
  readonly before: JsonValue | undefined;
  readonly after: JsonValue | undefined;
}

/** What a document would do to one component or stack, and why. */
export type DocumentChange = { readonly action: DocumentAction; readonly fields: readonly FieldChange[] } & (
  | { readonly kind: 'component'; readonly type: string; readonly name: string; readonly desired?: DocumentComponent }
  | { readonly kind: 'stack'; readonly name: string; readonly desired?: DocumentStack }
);

/**
 * What has to be done so that a project is as a document says. Pure.
 *
 * @param desired the document
 * @param actual the project, as a document
 * @param managed what a document brought into being, as `component:<type>:<name>` and `stack:<name>`: what of this the
 * document no longer has is deleted, everything else is left alone
 * @returns in an order in which it can be done: components before the stacks that have them, deletions last
 */
export function planDocument(
  desired: StackDocument,
  actual: StackDocument,
  managed: ReadonlySet<string>,
): DocumentChange[] {
  const actualComponents = new Map(actual.components.map((component) => [componentKey(component), component]));
  const actualStacks = new Map(actual.stacks.map((stack) => [stackKey(stack), stack]));
  const components = desired.components.map((component): DocumentChange => {
    const before = actualComponents.get(componentKey(component));
    const { type, name } = component;
    const fields = fieldChanges(before, component);
    return {
      kind: 'component',
      type,
      name,
      desired: component,
      action: componentAction(before, component, fields),
      fields,
    };
  });
  const stacks = desired.stacks.map((stack): DocumentChange => {
    const before = actualStacks.get(stackKey(stack));
    const fields = fieldChanges(before, stack);
    const action = before === undefined ? 'create' : fields.length === 0 ? 'unchanged' : 'update';
    return { kind: 'stack', name: stack.name, desired: stack, action, fields };
  });
  const kept = new Set([...desired.components.map(componentKey), ...desired.stacks.map(stackKey)]);
  const isGone = (key: string) => managed.has(key) && !kept.has(key);
  return [
    ...components,
    ...stacks,
    ...actual.stacks
      .filter((stack) => isGone(stackKey(stack)))
      .map(({ name }): DocumentChange => ({ kind: 'stack', name, action: 'delete', fields: [] })),
    ...actual.components
      .filter((component) => isGone(componentKey(component)))
      .map(({ type, name }): DocumentChange => ({ kind: 'component', type, name, action: 'delete', fields: [] })),
  ];
}

/** How a component is named among the things that documents manage. */
export function componentKey({ type, name }: { readonly type: string; readonly name: string }): string {
  return `component:${type}:${name}`;
}

/** How a stack is named among the things that documents manage. */
export function stackKey({ name }: { readonly name: string }): string {
  return `stack:${name}`;
}

function componentAction(
  before: DocumentComponent | undefined,
  after: DocumentComponent,
  fields: readonly FieldChange[],
): DocumentAction {
  if (before === undefined) return 'create';
  // A component of another flavor is another thing: nothing of the old config holds for it.
  if (before.flavor !== after.flavor) return 'replace';
  return fields.length === 0 ? 'unchanged' : 'update';
}

/** The leaves that differ; lists are compared as wholes, since their order has a meaning. */
function fieldChanges(before: object | undefined, after: object, path = ''): FieldChange[] {
  const old = (before ?? {}) as Record<string, JsonValue | undefined>;
  const next = after as Record<string, JsonValue | undefined>;
  return [...new Set([...Object.keys(old), ...Object.keys(next)])].flatMap((key) => {
    const [a, b] = [old[key], next[key]];
    const keyPath = path === '' ? key : `${path}.${key}`;
    if (isDeepStrictEqual(a, b)) return [];
    if (isObject(b) && (a === undefined || isObject(a))) return fieldChanges(a, b, keyPath);
    if (isObject(a) && b === undefined) return fieldChanges(a, {}, keyPath);
    return [{ path: keyPath, before: a, after: b }];
  });
}

function isObject(value: JsonValue | undefined): value is { readonly [key: string]: JsonValue | undefined } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
