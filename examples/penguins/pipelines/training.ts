import { pipeline } from '@stack/pipelines';
import * as z from 'zod';
import { choose } from '../steps/choose.ts';
import { clean } from '../steps/clean.ts';
import { evaluate } from '../steps/evaluate.ts';
import { loadPenguins } from '../steps/load-penguins.ts';
import { report } from '../steps/report.ts';
import { split } from '../steps/split.ts';
import { train } from '../steps/train.ts';

const parameters = z.object({
  ratio: z.number().gt(0).lt(1).default(0.8).describe('Share of the penguins to train on'),
  seed: z.int().default(42).describe('The same seed gives the same split'),
  learningRates: z
    .array(z.number().gt(0))
    .min(1)
    .default([0.0001, 0.001, 0.005])
    .describe('A model is trained with each, and the best one is taken'),
});

/** Tells penguins apart by their measurements: `stack pipeline run pipelines/training.ts#training`. */
export const training = pipeline({ name: 'training', parameters }, ({ ratio, seed, learningRates }) => {
  const penguins = clean({ rows: loadPenguins() });
  const { train: seen, test: heldOut } = split({ rows: penguins, ratio, seed });
  const { train: rows, test: validation } = split({ rows: seen, ratio, seed }, { name: 'split-validation' });
  const models = train.map(learningRates, (learningRate) => ({ rows, learningRate }));
  const evaluations = evaluate.map(models, (model) => ({ model, rows: validation }), { name: 'validate' });
  const evaluation = evaluate({ model: choose({ models, evaluations }), rows: heldOut });
  return report({ evaluation }).summary;
});
