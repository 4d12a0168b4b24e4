import { whyUnavailable } from '../../backends/backend.ts';
import { postgres } from '../../backends/postgres.ts';
import type { BenchedEngine, EnginePlace } from './benched-engine.ts';
import { startRestate } from './restate-server.ts';
import { rivalPackages } from './rival-packages.ts';

export interface EngineEntry {
  /** What outlives the end of the process, and what a power cut. */
  readonly durability: string;
  whyUnavailable?(): Promise<string | undefined>;
  /** Starts the server that it needs. */
  start?(): Promise<AsyncDisposable & Pick<EnginePlace, 'url' | 'adminUrl'>>;
  /** Loads no other engine. */
  open(place: EnginePlace): Promise<BenchedEngine>;
}

const survivesProcess = 'what is recorded outlives the process; a power cut may lose the latest';

/** In the order in which they are told. */
export const engines = {
  ours: {
    durability: survivesProcess,
    open: async (place) => (await import('./engines/ours.ts')).openOurs(place, 'normal', 'rename'),
  },
  'ours, FULL': {
    durability:
      'SQLite waits for the disk at each commit: a power cut loses no record, but may lose a file of an artifact',
    open: async (place) => (await import('./engines/ours.ts')).openOurs(place, 'full', 'rename'),
  },
  'ours, all synced': {
    durability: 'a power cut loses neither records nor artifacts',
    open: async (place) => (await import('./engines/ours.ts')).openOurs(place, 'full', 'fsync'),
  },
  Mastra: {
    durability: survivesProcess,
    whyUnavailable: () => whyRivalsAreMissing(),
    open: async (place) => (await import('./engines/mastra.ts')).openMastra(place),
  },
  DBOS: {
    durability: `${survivesProcess}: PostgreSQL runs without fsync here, which makes it faster`,
    whyUnavailable: async () => (await whyRivalsAreMissing()) ?? (await whyUnavailable(postgres)),
    start: () => postgres.start(),
    open: async (place) => (await import('./engines/dbos.ts')).openDbos(place),
  },
  Restate: {
    durability: 'a power cut loses nothing: its log is synced, as it is by default',
    whyUnavailable: () => whyRivalsAreMissing(),
    start: startRestate,
    open: async (place) => (await import('./engines/restate.ts')).openRestate(place),
  },
} satisfies Readonly<Record<string, EngineEntry>>;

export type EngineName = keyof typeof engines;

export const engineNames = Object.keys(engines) as readonly EngineName[];

export function engineEntry(name: EngineName): EngineEntry {
  return engines[name];
}

function whyRivalsAreMissing(): Promise<string | undefined> {
  return whyUnavailable({ ...rivalPackages, name: 'The packages of other engines' });
}
