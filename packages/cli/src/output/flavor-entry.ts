import type { FlavorEntry } from '@stack/project/flavors';

/** Where a flavor comes from, for people. */
export function showOrigin({ origin }: FlavorEntry): string {
  return origin.kind === 'package' ? `${origin.package} ${origin.version}` : origin.source;
}

/** What is wrong with the snapshot of a flavor, or that it is none. */
export function showState({ origin, isStale, missing }: FlavorEntry): string {
  if (origin.kind === 'package') return 'installed';
  if (missing.length > 0) return `without ${missing.map(({ name }) => name).join(', ')}`;
  return isStale ? 'stale' : 'registered';
}
