import { expect, it } from 'vitest';
import { makePenguins } from '../data/make-penguins.ts';
import { predictSpecies } from '../model/species-model.ts';
import { train } from './train.ts';

const rows = [...makePenguins('Adelie', 20), ...makePenguins('Chinstrap', 20), ...makePenguins('Gentoo', 20)];

it('learns to tell the species apart', async () => {
  const model = await train.run({ rows, learningRate: 0.005 });
  expect(predictSpecies(model, rows)).toEqual(rows.map(({ species }) => species));
});

it('gives a model that JSON does not change', async () => {
  const model = await train.run({ rows, learningRate: 0.005 });
  expect(JSON.parse(JSON.stringify(model))).toStrictEqual(model);
});

it('standardises by the rows it is trained on', async () => {
  const { means, deviations } = await train.run({ rows, learningRate: 0.005 });
  const mean = rows.reduce((sum, { bodyMass }) => sum + bodyMass, 0) / rows.length;
  const squares = rows.reduce((sum, { bodyMass }) => sum + (bodyMass - mean) ** 2, 0);
  expect(means[3]).toBeCloseTo(mean);
  expect(deviations[3]).toBeCloseTo(Math.sqrt(squares / (rows.length - 1)));
});
