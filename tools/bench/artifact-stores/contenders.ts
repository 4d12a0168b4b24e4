import type { Requirement } from '../../backends/backend.ts';
import { requiredPrograms } from '../../backends/programs.ts';
import type { BenchedStore } from './benched-store.ts';
import type { Place } from './place.ts';

export interface Contender {
  /** What its times are compared with. */
  readonly baseline: 'raw' | 'raw + sha256';
  /** Whether it computes a SHA-256 of what it writes, and compares that of what it reads. */
  readonly digest: boolean;
  /** What it needs that is no package of npm. */
  readonly requirement?: Requirement;
  /** Gives why it cannot be used at the place, where it cannot. */
  load(): Promise<{
    readonly default: (
      place: Place,
      options: { readonly digest: boolean },
    ) => Promise<BenchedStore | string> | BenchedStore | string;
  }>;
}

const plain = { baseline: 'raw', digest: false } as const;
const digested = { baseline: 'raw + sha256', digest: true } as const;

/** In the order in which they are told. */
export const contenders = {
  ours: { ...plain, load: () => import('./contenders/ours.ts') },
  raw: { ...plain, load: () => import('./contenders/raw.ts') },
  'ours, digest on': { ...digested, load: () => import('./contenders/ours.ts') },
  'raw + sha256': { ...digested, load: () => import('./contenders/raw.ts') },
  flydrive: { ...plain, load: () => import('./contenders/flydrive.ts') },
  unstorage: { ...plain, load: () => import('./contenders/unstorage.ts') },
  opendal: { ...plain, load: () => import('./contenders/opendal.ts') },
  rclone: { ...plain, requirement: requiredPrograms('rclone'), load: () => import('./contenders/rclone.ts') },
} satisfies Readonly<Record<string, Contender>>;

export type ContenderName = keyof typeof contenders;

export const contenderNames = Object.keys(contenders) as readonly ContenderName[];

export async function openContender(name: ContenderName, place: Place): Promise<BenchedStore | string> {
  const contender: Contender = contenders[name];
  const { default: open } = await contender.load();
  return open(place, contender);
}
