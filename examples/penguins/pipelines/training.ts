import { pipeline } from '@stack/pipelines';
import * as z from 'zod';
import { clean } from '../steps/clean.ts';
import { evaluate } from '../steps/evaluate.ts';
import { loadPenguins } from '../steps/load-penguins.ts';
import { report } from '../steps/report.ts';
import { split } from '../steps/split.ts';
import { train } from '../steps/train.ts';

const parameters = z.object({
  ratio: z.number().gt(0).lt(1).default(0.8).describe('Share of the penguins to train on'),
  seed: z.int().default(42).describe('The same seed gives the same split'),
});

/** Tells penguins apart by their measurements: `stack pipeline run pipelines/training.ts#training`. */
export const training = pipeline({ name: 'training', parameters }, ({ ratio, seed }) => {
  const penguins = clean({ rows: loadPenguins() });
  const { train: trainingRows, test: heldOutRows } = split({ rows: penguins, ratio, seed });
  const model = train({ rows: trainingRows });
  const evaluation = evaluate({ model, rows: heldOutRows });
  return report({ evaluation });
});
