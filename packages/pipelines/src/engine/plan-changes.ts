import { isDeepStrictEqual } from 'node:util';
import type { Plan, PlanStep } from '@stack/core';
import { maskedPlan } from './masked-plan.ts';

/** So many steps, or parts of the code, are named. */
const shownNames = 5;

/** What is other in a plan than in the one that a run was recorded with. */
export interface PlanChanges {
  /** Whether it is another pipeline, or has other parameters. */
  readonly isOtherRun: boolean;
  /** The steps that one of the plans lacks. */
  readonly unmatched: readonly string[];
  /** What differs in the others and in the plan as a whole, each in some words. */
  readonly differences: readonly string[];
  /** The steps of both of which it is not known whether their code is the same. */
  readonly uncompared: readonly string[];
}

/** Compares two plans as they are recorded: what is masked in one of them counts as masked in both. */
export function planChanges(recordedPlan: Plan, presentPlan: Plan): PlanChanges {
  const [recorded, present] = [asRecorded(recordedPlan), asRecorded(presentPlan)];
  const before = new Map(recorded.steps.map((step) => [step.name, step]));
  const after = new Map(present.steps.map((step) => [step.name, step]));
  const changes = new Map<string, { readonly steps: string[]; readonly parts: Set<string> }>();
  for (const step of before.values()) {
    const other = after.get(step.name);
    for (const field of other === undefined ? [] : changedFields(step, other)) {
      const change = changes.get(field) ?? { steps: [], parts: new Set() };
      changes.set(field, change);
      change.steps.push(`"${step.name}"`);
      if (field === 'code' && other !== undefined)
        addChangedParts(partsOf(step, recorded), partsOf(other, present), change.parts);
    }
  }
  const differences = [...changes].map(([field, { steps, parts }]) => {
    const where = parts.size === 0 ? '' : ` (${shorten([...parts])})`;
    return `the ${field} of ${steps.length === 1 ? 'the step' : 'the steps'} ${shorten(steps)}${where}`;
  });
  const wholes = (['settings', 'failurePolicy'] as const).filter(
    (key) => !isDeepStrictEqual(recorded[key], present[key]),
  );
  return {
    isOtherRun: recorded.pipeline !== present.pipeline || !isDeepStrictEqual(recorded.parameters, present.parameters),
    unmatched: [...new Set([...before.keys(), ...after.keys()])].filter(
      (name) => !before.has(name) || !after.has(name),
    ),
    differences: [...differences, ...wholes.map((key) => `the ${key} of the pipeline`)],
    uncompared: [...before.values()].flatMap((step) => {
      const other = after.get(step.name);
      return other === undefined || (digestOf(step) !== undefined && digestOf(other) !== undefined) ? [] : [step.name];
    }),
  };
}

function asRecorded(plan: Plan): Plan {
  return JSON.parse(JSON.stringify(maskedPlan(plan))) as Plan;
}

function changedFields(before: PlanStep, after: PlanStep): readonly string[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])] as (keyof PlanStep)[];
  return keys.filter((key) =>
    key === 'code' ? isOtherCode(before, after) : !isDeepStrictEqual(before[key], after[key]),
  );
}

/** Code that is not known, then or now, counts as the same: a clock that was set is among the reasons for that. */
function isOtherCode(before: PlanStep, after: PlanStep): boolean {
  const [then, now] = [digestOf(before), digestOf(after)];
  return then !== undefined && now !== undefined && then !== now;
}

/** `undefined` for code that is not known. */
function digestOf({ code }: PlanStep): string | undefined {
  return code !== undefined && 'digest' in code ? code.digest : undefined;
}

function addChangedParts(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
  parts: Set<string>,
): void {
  for (const label of [...before.keys(), ...after.keys()]) {
    if (before.get(label) !== after.get(label)) parts.add(label);
  }
}

function partsOf({ code }: PlanStep, { codeParts = [] }: Plan): ReadonlyMap<string, string> {
  const places = code !== undefined && 'parts' in code ? code.parts : [];
  return new Map(places.flatMap((place) => codeParts.slice(place, place + 1)));
}

function shorten(names: readonly string[]): string {
  const rest = names.length - shownNames;
  return rest <= 0 ? names.join(', ') : `${names.slice(0, shownNames).join(', ')} and ${rest} more`;
}
