import LogisticRegression, { type LogisticRegressionJson } from 'ml-logistic-regression';
import { Matrix } from 'ml-matrix';
import { allSpecies, type Penguin, type Species } from '../data/penguin.ts';

/** What is learnt from penguins, as data. */
export interface SpeciesModel {
  /** Of each feature, by which it is standardised. */
  readonly means: readonly number[];
  readonly deviations: readonly number[];
  readonly classifier: LogisticRegressionJson;
}

/**
 * Fits a logistic regression on standardised features. It is the most used classifier of the ml-* family, it needs
 * nothing but the well kept ml-matrix, and its model is a page of JSON that a person can read.
 */
export function fitSpeciesModel(
  penguins: readonly Penguin[],
  { learningRate }: { readonly learningRate: number },
): SpeciesModel {
  const features = featureMatrix(penguins);
  const means = features.mean('column');
  const deviations = features.standardDeviation('column', { mean: means });
  const classifier = new LogisticRegression({ numSteps: 300, learningRate });
  const labels = Matrix.columnVector(penguins.map(({ species }) => allSpecies.indexOf(species)));
  classifier.train(standardise(features, means, deviations), labels);
  // The classifier holds matrices; its JSON form holds numbers.
  return { means, deviations, classifier: JSON.parse(JSON.stringify(classifier)) };
}

/** The species that the model takes each penguin for. */
export function predictSpecies(model: SpeciesModel, penguins: readonly Penguin[]): Species[] {
  const classifier = LogisticRegression.load(model.classifier);
  const predictions = classifier.predict(standardise(featureMatrix(penguins), model.means, model.deviations));
  return predictions.map((index) => {
    const species = allSpecies[index];
    if (species === undefined) throw new RangeError(`The model has a species of number ${index}, and there is none.`);
    return species;
  });
}

function featureMatrix(penguins: readonly Penguin[]): Matrix {
  return new Matrix(
    penguins.map(({ beakLength, beakDepth, flipperLength, bodyMass }) => [
      beakLength,
      beakDepth,
      flipperLength,
      bodyMass,
    ]),
  );
}

function standardise(features: Matrix, means: readonly number[], deviations: readonly number[]): Matrix {
  return features
    .clone()
    .subRowVector([...means])
    .divRowVector([...deviations]);
}
