import { expect, it } from 'vitest';
import { makePenguins } from '../data/make-penguins.ts';
import { fitSpeciesModel } from '../model/species-model.ts';
import { choose } from './choose.ts';
import type { Evaluation } from './evaluate.ts';

const rows = [...makePenguins('Adelie', 5), ...makePenguins('Gentoo', 5)];
const models = [0.001, 0.005, 0.02].map((learningRate) => fitSpeciesModel(rows, { learningRate }));

function evaluationOf(accuracy: number): Evaluation {
  return { correct: accuracy * 10, total: 10, accuracy, species: ['Adelie'], confusion: [[accuracy * 10]] };
}

it('chooses the best model, of equal ones the first', async () => {
  expect(await choose.run({ models, evaluations: [0.5, 0.9, 0.9].map(evaluationOf) })).toBe(models[1]);
});

it('refuses to choose from nothing', async () => {
  await expect(choose.run({ models: [], evaluations: [] })).rejects.toThrow('no model');
});
