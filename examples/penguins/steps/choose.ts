import { step } from '@stack/pipelines';
import type { SpeciesModel } from '../model/species-model.ts';
import type { Evaluation } from './evaluate.ts';

interface ChooseInput {
  readonly models: readonly SpeciesModel[];
  /** One for each model, on the same penguins. */
  readonly evaluations: readonly Evaluation[];
}

/** The model that tells most penguins right; of equal ones the first. */
export const choose = step({ name: 'choose' }, ({ models, evaluations }: ChooseInput, { log }): SpeciesModel => {
  const accuracies = evaluations.map(({ accuracy }) => accuracy);
  const best = accuracies.indexOf(Math.max(...accuracies));
  const model = models[best];
  if (model === undefined) throw new RangeError('There is no model to choose from.');
  log.info(
    `model ${best + 1} of ${models.length}: accuracies ${accuracies.map((value) => value.toFixed(3)).join(', ')}`,
  );
  return model;
});
