import type { Plan, RunRecord, StepRunRecord } from '@stack/core';

/** A step run, and the run that it is of. */
export interface ExplainedRun {
  readonly run: Pick<RunRecord, 'name' | 'plan'>;
  readonly step: StepRunRecord;
}

/** Something that a result depends on, and that is other than it was. */
export interface CacheChange {
  readonly kind: 'code' | 'package' | 'input' | 'parameter' | 'environment' | 'other';
  /** `src/train.ts#fit` for code; the name of a package, an input, a parameter or a variable. */
  readonly name: string;
  readonly change: 'changed' | 'added' | 'removed';
  /** Versions, of a package. */
  readonly before?: string;
  readonly after?: string;
}

/** Why a step ran, or did not. */
export interface CacheExplanation {
  /** `none`: nothing was decided, as for a step that was skipped. */
  readonly state: 'cached' | 'computed' | 'off' | 'none';
  /** Why no result was taken, where nothing had changed. */
  readonly reason?: string;
  /** What had changed since the step run that this one is compared with. */
  readonly changes: readonly CacheChange[];
}

/**
 * Says why a step ran, by comparing it with an earlier run of the same step.
 *
 * @param earlier the newest one before it that completed with a cache key; `undefined` when there is none
 */
export function explainCaching(explained: ExplainedRun, earlier: ExplainedRun | undefined): CacheExplanation {
  const { caching } = explained.step;
  if (caching === undefined) return { state: 'none', changes: [] };
  if (caching.state === 'off') return { state: 'off', reason: caching.reason, changes: [] };
  if (caching.state === 'cached') return { state: 'cached', changes: [] };
  const { refused } = caching;
  if (refused !== undefined) return { state: 'computed', reason: refused, changes: [] };
  if (earlier === undefined) {
    return { state: 'computed', reason: 'no earlier run of the step has completed', changes: [] };
  }
  const changes = [...codeChanges(explained, earlier), ...ingredientChanges(explained, earlier)];
  if (changes.length === 0 && ingredients(earlier).get('code') !== caching.ingredients.code) {
    // The same parts, put together otherwise.
    changes.push({ kind: 'code', name: explained.step.step, change: 'changed' });
  }
  if (changes.length > 0) return { state: 'computed', changes };
  return { state: 'computed', reason: 'its equal had not completed when it started', changes };
}

function codeChanges(explained: ExplainedRun, earlier: ExplainedRun): readonly CacheChange[] {
  const [before, after] = [codeParts(earlier), codeParts(explained)];
  return differences(before, after).map(({ label, ...change }): CacheChange => {
    const [, packageName] = /^package:(.+)$/.exec(label) ?? [];
    if (packageName === undefined && label !== 'node') return { kind: 'code', name: label, change: change.change };
    return { kind: 'package', name: packageName ?? 'node', ...change };
  });
}

function codeParts({ run, step }: ExplainedRun): ReadonlyMap<string, string> {
  const { steps, codeParts: all = [] }: Plan = run.plan;
  // Of an item, the code is that of its step.
  const code = steps[step.index]?.code;
  if (code === undefined || 'uncacheable' in code) return new Map();
  return new Map(code.parts.flatMap((place) => all.slice(place, place + 1)));
}

function ingredientChanges(explained: ExplainedRun, earlier: ExplainedRun): readonly CacheChange[] {
  const [before, after] = [ingredients(earlier), ingredients(explained)];
  // Which parameters a step read is known only after it ran: what one run has and the other has not is no change.
  const hasBoth = before.has('parameters') && after.has('parameters');
  return differences(before, after).flatMap(({ label, change }): CacheChange[] => {
    const [, kind, name = ''] = /^(input|parameter|environment):(.*)$/s.exec(label) ?? [];
    if (label === 'code' || label === 'parameters' || (kind === 'parameter' && !hasBoth)) return [];
    if (kind === undefined) return [{ kind: 'other', name: label, change }];
    return [{ kind: kind as 'input' | 'parameter' | 'environment', name, change }];
  });
}

function ingredients({ step: { caching } }: ExplainedRun): ReadonlyMap<string, string> {
  return new Map(caching === undefined || caching.state === 'off' ? [] : Object.entries(caching.ingredients));
}

function differences(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>) {
  const labels = [...new Set([...before.keys(), ...after.keys()])].toSorted();
  return labels
    .filter((label) => before.get(label) !== after.get(label))
    .map((label) => {
      const [old, now] = [before.get(label), after.get(label)];
      return {
        label,
        change:
          old === undefined ? ('added' as const) : now === undefined ? ('removed' as const) : ('changed' as const),
        ...(old === undefined ? {} : { before: old }),
        ...(now === undefined ? {} : { after: now }),
      };
    });
}
