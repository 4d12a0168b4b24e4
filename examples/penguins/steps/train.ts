import { step } from '@stack/pipelines';
import type { Penguin } from '../data/penguin.ts';
import { fitSpeciesModel } from '../model/species-model.ts';

interface TrainInput {
  readonly rows: readonly Penguin[];
  /** How far each of its steps goes. */
  readonly learningRate: number;
}

/** Learns to tell the species from the measurements. The model is plain data, so it is stored as JSON. */
export const train = step({ name: 'train' }, ({ rows, learningRate }: TrainInput) =>
  fitSpeciesModel(rows, { learningRate }),
);
