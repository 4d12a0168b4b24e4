import type { ChangeCause, PlannedChange, PlannedFieldChange, StackPlan } from '@stack/project';
import { showValue } from './records.ts';
import type { Screen, Tone } from './screen.ts';
import { printable } from './table.ts';

const marks: Readonly<Record<PlannedChange['action'], readonly [mark: string, tone: Tone]>> = {
  create: ['+', 'good'],
  update: ['~', 'heading'],
  replace: ['-/+', 'bad'],
  delete: ['-', 'bad'],
};

/** The changes of a plan, field by field. */
export function renderPlan(
  { stack, changes, kept }: StackPlan,
  { file, isDone, screen }: { readonly file: string; readonly isDone: boolean; readonly screen: Screen },
): string {
  const notes = kept.map(
    ({ type, name, stacks }) =>
      `The ${type} "${name}" is no longer in ${file}, and stays: ${stacks.join(', ')} has it.`,
  );
  if (changes.length === 0) return [`The stack "${stack}" is as ${file} says.`, ...notes].join('\n');
  const headline = isDone
    ? `The stack "${stack}" is now as ${file} says:`
    : `To make the stack "${stack}" as ${file} says:`;
  return [headline, '', ...changes.flatMap((change) => renderChange(change, file, screen)), ...notes].join('\n');
}

function renderChange(change: PlannedChange, file: string, { paint }: Screen): string[] {
  const { action, fields } = change;
  const [mark, tone] = marks[action];
  return [
    `${paint(tone, `${mark.padEnd(3)} ${action}`)} ${describe(change)}: ${reason(change, file)}`,
    ...fields.map(
      (field) => `      ${renderField(field, action === 'create')}${paint('quiet', fieldNote(field, change))}`,
    ),
  ];
}

function describe({ kind, type, name }: PlannedChange): string {
  if (kind === 'stack') return `stack "${name}"`;
  return kind === 'flavor' ? `flavor ${type}/${name}` : `${type} "${name}"`;
}

function reason({ action, cause, fields }: PlannedChange, file: string): string {
  if (action === 'delete') return `applying made it, and ${file} no longer has it`;
  if (action === 'create') {
    return cause === 'drift' ? 'it is gone since it was applied' : 'new';
  }
  const what: Readonly<Record<ChangeCause, string>> = {
    document: `${file} says something new`,
    drift: 'it was changed by other means since it was applied',
    both: `${file} says something new, and it was changed by other means since it was applied`,
  };
  const isOther =
    action === 'replace' && fields.some(({ path }) => path === 'flavor' || path === 'package' || path === 'source');
  return isOther ? `its flavor is another one; ${what[cause]}` : what[cause];
}

function renderField({ path, before, after }: PlannedFieldChange, isNew: boolean): string {
  if (isNew) return `${path}: ${show(after)}`;
  return `${path}: ${show(before)} -> ${show(after)}`;
}

/** What a line says beyond the reason of its change. */
function fieldNote({ cause }: PlannedFieldChange, change: PlannedChange): string {
  if (change.cause !== 'both' || change.action === 'create') return '';
  return cause === 'document' ? '' : '  (changed since it was applied)';
}

function show(value: unknown): string {
  return value === undefined ? '(nothing)' : printable(showValue(value));
}
