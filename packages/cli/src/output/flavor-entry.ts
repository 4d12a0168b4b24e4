import type { FlavorEntry } from '@stack/project/flavors';

/** Where a flavor comes from, for people. */
export function showOrigin({ origin }: FlavorEntry): string {
  return origin.kind === 'package' ? `${origin.package} ${origin.version}` : origin.source;
}

/** What is wrong with the snapshot of a flavor, or that it is none. */
export function showState({ origin, isStale }: FlavorEntry): string {
  if (origin.kind === 'package') return 'installed';
  return isStale ? 'stale' : 'registered';
}
