import { step } from '@stack/pipelines';
import { XSadd } from 'ml-xsadd';
import type { Penguin } from '../data/penguin.ts';

interface SplitInput {
  readonly rows: readonly Penguin[];
  /** Share of the rows to train on, between 0 and 1. */
  readonly ratio: number;
  /** The same seed gives the same split. */
  readonly seed: number;
}

/** Divides the rows by chance, so that each part has each species in the same share. */
export const split = step(
  { name: 'split', outputs: ['train', 'test'] },
  ({ rows, ratio, seed }: SplitInput, { log }) => {
    const random = new XSadd(seed);
    const train: Penguin[] = [];
    const test: Penguin[] = [];
    for (const ofSpecies of Map.groupBy(rows, ({ species }) => species).values()) {
      const shuffled = shuffle(ofSpecies, random);
      const count = Math.round(shuffled.length * ratio);
      train.push(...shuffled.slice(0, count));
      test.push(...shuffled.slice(count));
    }
    log.info(`${train.length} rows to train on, ${test.length} held out`);
    return { train, test };
  },
);

function shuffle<Item>(items: readonly Item[], random: XSadd): Item[] {
  const shuffled = items.map((item) => ({ item, place: random.getFloat() }));
  return shuffled.sort((a, b) => a.place - b.place).map(({ item }) => item);
}
