/**
 * The candidates that a misspelt name may have meant, best first: at most `limit`, each within a third of the name's
 * length in edits (at least 2), or starting with it.
 */
export function nearestNames(name: string, candidates: Iterable<string>, limit = 3): string[] {
  const wanted = name.toLowerCase();
  const allowed = Math.max(2, Math.floor(wanted.length / 3));
  return [...candidates]
    .map((candidate) => {
      const lower = candidate.toLowerCase();
      const isStart = wanted.length >= 2 && lower.startsWith(wanted);
      // The name may be a whole file: what differs in length by more needs no table of both.
      const isFar = Math.abs(wanted.length - lower.length) > allowed;
      return { candidate, distance: isStart ? 0.5 : isFar ? Infinity : editDistance(wanted, lower) };
    })
    .filter(({ distance }) => distance <= allowed)
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, limit)
    .map(({ candidate }) => candidate);
}

/**
 * A hint like `Did you mean "region"?`, or `undefined` when nothing is near.
 *
 * @param show how a candidate is written; by default as it is
 */
export function didYouMean(
  name: string,
  candidates: Iterable<string>,
  show = (candidate: string) => candidate,
): string | undefined {
  const nearest = nearestNames(name, candidates);
  if (nearest.length === 0) return undefined;
  return `Did you mean ${nearest.map((candidate) => `"${show(candidate)}"`).join(' or ')}?`;
}

/** Levenshtein distance in which swapping two neighbours counts as one edit. */
function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const substitution = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      let best = Math.min((previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, substitution);
      const isSwap = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (isSwap) best = Math.min(best, (beforePrevious[column - 2] ?? 0) + 1);
      current.push(best);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[b.length] ?? 0;
}
