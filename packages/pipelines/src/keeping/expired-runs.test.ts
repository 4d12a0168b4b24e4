import type { RunSummary } from '@stack/core';
import { expect, it } from 'vitest';
import { expiredRuns } from './expired-runs.ts';

const now = new Date('2026-06-01T00:00:00Z');
const day = 86_400_000;

function ended(name: string, daysAgo: number, given: Partial<RunSummary> = {}): RunSummary {
  const endedAt = new Date(now.getTime() - daysAgo * day);
  return { id: name, name, pipeline: 'training', state: 'completed', startedAt: endedAt, endedAt, ...given };
}

const names = (runs: readonly RunSummary[]) => runs.map(({ name }) => name);

it('without rules every run stays', () => {
  expect(expiredRuns([ended('old', 1000)], [], now)).toEqual([]);
});

it('a run goes that is older, or has so many newer ones of its pipeline before it', () => {
  const runs = [ended('a', 1), ended('b', 2), ended('other', 2, { pipeline: 'other' }), ended('c', 3), ended('d', 40)];
  expect(names(expiredRuns(runs, [{ maximumAge: 30 * day }], now))).toEqual(['d']);
  expect(names(expiredRuns(runs, [{ maximumCount: 2 }], now))).toEqual(['c', 'd']);
  expect(names(expiredRuns(runs, [{ maximumCount: 3, maximumAge: 2.5 * day }], now))).toEqual(['c', 'd']);
});

it('the rule that says most about a run counts, and no other', () => {
  const runs = [
    ended('failed', 5, { state: 'failed' }),
    ended('completed', 5),
    ended('failed elsewhere', 5, { state: 'failed', pipeline: 'other' }),
    ended('cancelled elsewhere', 5, { state: 'cancelled', pipeline: 'other' }),
  ];
  const rules = [
    { maximumAge: day },
    { state: 'failed', maximumAge: 10 * day },
    { pipeline: 'training', maximumAge: 3 * day },
    { pipeline: 'training', state: 'completed', maximumAge: 9 * day },
  ] as const;
  expect(names(expiredRuns(runs, rules, now))).toEqual(['failed', 'cancelled elsewhere']);
});

it('a run that has not ended stays, and counts for none', () => {
  const running = { state: 'running', endedAt: undefined } as const;
  const runs = [ended('running', 100, running), ended('a', 1), ended('b', 2)];
  expect(names(expiredRuns(runs, [{ maximumCount: 1, maximumAge: 50 * day }], now))).toEqual(['b']);
});
