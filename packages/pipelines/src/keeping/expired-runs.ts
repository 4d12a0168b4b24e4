import type { RetentionRule, RunSummary } from '@stack/core';

/**
 * The runs that go by the rules, in the order given. A run that has not ended stays.
 *
 * @param runs the newest first
 */
export function expiredRuns(
  runs: readonly RunSummary[],
  rules: readonly RetentionRule[],
  now: Date = new Date(),
): readonly RunSummary[] {
  /** How many runs of a pipeline came before that the same rule is for. */
  const counts = new Map<RetentionRule, Map<string, number>>();
  return runs.filter((run) => {
    const rule = ruleFor(run, rules);
    if (rule === undefined || run.endedAt === undefined) return false;
    const { maximumAge = Number.POSITIVE_INFINITY, maximumCount = Number.POSITIVE_INFINITY } = rule;
    const ofRule = counts.get(rule) ?? new Map<string, number>();
    const newer = ofRule.get(run.pipeline) ?? 0;
    counts.set(rule, ofRule.set(run.pipeline, newer + 1));
    return now.getTime() - run.endedAt.getTime() > maximumAge || newer >= maximumCount;
  });
}

/** The rule that says most about a run: its pipeline counts more than how it ended. */
function ruleFor({ pipeline, state }: RunSummary, rules: readonly RetentionRule[]): RetentionRule | undefined {
  const weight = (rule: RetentionRule) => (rule.pipeline === undefined ? 0 : 2) + (rule.state === undefined ? 0 : 1);
  return rules
    .filter((rule) => rule.pipeline === undefined || rule.pipeline === pipeline)
    .filter((rule) => rule.state === undefined || rule.state === state)
    .toSorted((a, b) => weight(b) - weight(a))[0];
}
