import { step } from '@stack/pipelines';
import { ConfusionMatrix } from 'ml-confusion-matrix';
import { allSpecies, type Penguin, type Species } from '../data/penguin.ts';
import { predictSpecies, type SpeciesModel } from '../model/species-model.ts';

/** How good a model is on penguins that it has not seen. */
export interface Evaluation {
  readonly correct: number;
  readonly total: number;
  /** Share of penguins whose species was told right. */
  readonly accuracy: number;
  readonly species: readonly Species[];
  /** A row for each species as it is, in it a count for each species that the model says. */
  readonly confusion: readonly (readonly number[])[];
}

/** Compares what the model says of held-out penguins with what they are. */
export const evaluate = step(
  { name: 'evaluate' },
  ({ model, rows }: { readonly model: SpeciesModel; readonly rows: readonly Penguin[] }, { log }): Evaluation => {
    const actual = rows.map(({ species }) => species);
    const matrix = ConfusionMatrix.fromLabels<Species>(actual, predictSpecies(model, rows), {
      labels: [...allSpecies],
    });
    const evaluation = {
      correct: matrix.getTrueCount(),
      total: matrix.getTotalCount(),
      accuracy: matrix.getAccuracy(),
      species: allSpecies,
      confusion: matrix.getMatrix(),
    };
    log.info(`accuracy ${evaluation.accuracy.toFixed(3)} on ${evaluation.total} held-out penguins`);
    return evaluation;
  },
);
