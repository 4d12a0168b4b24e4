import { isDeepStrictEqual } from 'node:util';
import { isPlainObject, type Problem } from '@stack/core';
import { type CurrentStack, componentDifferences } from './plan-stack.ts';
import type { ProjectState } from './project-state.ts';
import { type DocumentComponent, documentMembers, type StackDocument } from './stack-document.ts';

/**
 * What an import does with a name that is taken. Parts of the default stack are reused by all of them.
 *
 * - `reuse`: what is identical is reused, what differs is an error.
 * - `rename`: what is identical is reused, what differs is imported under another name.
 * - `fail`: every name that is taken is an error.
 */
export type ConflictRule = 'reuse' | 'rename' | 'fail';

export const conflictRules: readonly ConflictRule[] = ['reuse', 'rename', 'fail'];

/** What became of a component of an imported document. */
export interface ImportedComponent {
  readonly type: string;
  readonly name: string;
  readonly action: 'create' | 'reuse';
  /** Its name in the document, where that is another. */
  readonly renamedFrom: string | undefined;
}

/** What is to be done to import a document. */
export interface ImportPlan {
  /** The document with the names that are free. */
  readonly document: StackDocument;
  readonly action: 'create' | 'reuse';
  readonly components: readonly ImportedComponent[];
  /** What forbids the import. */
  readonly problems: readonly Problem[];
}

/**
 * Compares a document, in which every flavor is resolved, with what a project has. Nothing that exists is changed by an
 * import. Pure.
 */
export function planImport(
  desired: StackDocument,
  current: Pick<ProjectState, 'findComponent' | 'findStack'>,
  rule: ConflictRule,
): ImportPlan {
  const problems: Problem[] = [];
  const components: ImportedComponent[] = [];
  const place = (type: string, component: string | DocumentComponent, path: string): string | DocumentComponent => {
    if (typeof component === 'string') {
      components.push({ type, name: component, action: 'reuse', renamedFrom: undefined });
      return component;
    }
    const others = desired.components[type] ?? [];
    const isWanted = (name: string) => others.some((other) => nameOf(other) === name && other !== component);
    const found = placeName(component.name, rule, (name) => {
      if (isWanted(name)) return { isIdentical: false, isProtected: false, differences: [] };
      const existing = current.findComponent(type, name);
      if (existing === undefined) return undefined;
      const differences = componentDifferences(existing.component, component).map(describeDifference);
      return { isIdentical: differences.length === 0, isProtected: existing.isProtected, differences };
    });
    if ('differences' in found) {
      problems.push(conflict(path, `the ${type} "${component.name}"`, found.differences));
      return component;
    }
    const { name, action } = found;
    components.push({ type, name, action, renamedFrom: name === component.name ? undefined : component.name });
    return { ...component, name };
  };
  const placed = Object.entries(desired.components).map(
    ([type, list]) =>
      [type, list.map((component, index) => place(type, component, `components.${type}.${index}`))] as const,
  );
  const document: StackDocument = { ...desired, components: Object.fromEntries(placed) };
  const stack = placeName(desired.name, rule, (name) => {
    const existing = current.findStack(name);
    if (existing === undefined) return undefined;
    const differences = stackDifferences(existing, document);
    return { isIdentical: differences.length === 0, isProtected: existing.isProtected, differences };
  });
  if ('differences' in stack) {
    problems.push(conflict('name', `the stack "${desired.name}"`, stack.differences));
    return { document, action: 'create', components, problems };
  }
  return { document: { ...document, name: stack.name }, action: stack.action, components, problems };
}

interface Taken {
  readonly isIdentical: boolean;
  readonly isProtected: boolean;
  readonly differences: readonly string[];
}

/** @param taken what has a name; `undefined` when it is free */
function placeName(
  wanted: string,
  rule: ConflictRule,
  taken: (name: string) => Taken | undefined,
): { readonly name: string; readonly action: 'create' | 'reuse' } | Pick<Taken, 'differences'> {
  for (let attempt = 1; ; attempt++) {
    const name = attempt === 1 ? wanted : `${wanted}-${attempt}`;
    const other = taken(name);
    if (other === undefined) return { name, action: 'create' };
    if (other.isIdentical && (rule !== 'fail' || other.isProtected)) return { name, action: 'reuse' };
    if (rule !== 'rename') return { differences: other.differences };
  }
}

function stackDifferences(existing: CurrentStack, document: StackDocument): string[] {
  const byType = (members: readonly { readonly type: string; readonly name: string }[]) =>
    Map.groupBy(members, ({ type }) => type);
  const [here, there] = [byType(existing.members), byType(documentMembers(document))];
  const names = (members: readonly { readonly name: string }[] = []) =>
    members.map(({ name }) => name).join(', ') || 'none';
  const types = [...new Set([...here.keys(), ...there.keys()])];
  const differing = types.filter((type) => names(here.get(type)) !== names(there.get(type)));
  return [
    ...differing.map((type) => `${type}: ${names(here.get(type))} here, ${names(there.get(type))} in the document`),
    ...(isDeepStrictEqual(existing.labels, document.labels) ? [] : ['labels']),
  ];
}

function conflict(path: string, subject: string, differences: readonly string[]): Problem {
  const what =
    differences.length === 0 ? 'is there already' : `is there already, and differs: ${differences.join('; ')}`;
  const hint =
    path === 'name' ? 'Import it as another: --name NAME' : 'Import it under another name: --on-conflict=rename';
  return { path, message: `${subject} ${what}`, code: 'ALREADY_EXISTS', hint };
}

function describeDifference({ path, before, after }: { path: string; before: unknown; after: unknown }): string {
  return `${path}: ${show(before)} here, ${show(after)} in the document`;
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  return Array.isArray(value) || isPlainObject(value) ? JSON.stringify(value) : String(value);
}

function nameOf(component: string | DocumentComponent): string {
  return typeof component === 'string' ? component : component.name;
}
