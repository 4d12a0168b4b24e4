import { step } from '@stack/pipelines';
import type { Penguin } from '../data/penguin.ts';
import { fitSpeciesModel } from '../model/species-model.ts';

/** Learns to tell the species from the measurements. The model is plain data, so it is stored as JSON. */
export const train = step({ name: 'train' }, ({ rows }: { readonly rows: readonly Penguin[] }) =>
  fitSpeciesModel(rows),
);
