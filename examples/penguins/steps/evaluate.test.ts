import { expect, it } from 'vitest';
import { makePenguins } from '../data/make-penguins.ts';
import { fitSpeciesModel } from '../model/species-model.ts';
import { evaluate } from './evaluate.ts';

it('counts what the model says of each species', async () => {
  const seen = [...makePenguins('Adelie', 20), ...makePenguins('Chinstrap', 20), ...makePenguins('Gentoo', 20)];
  const model = fitSpeciesModel(seen, { learningRate: 0.005 });
  const mistaken = makePenguins('Gentoo', 1).map((penguin) => ({ ...penguin, species: 'Adelie' as const }));
  const rows = [...mistaken, ...makePenguins('Chinstrap', 1), ...makePenguins('Gentoo', 3)];
  expect(await evaluate.run({ model, rows })).toEqual({
    correct: 4,
    total: 5,
    accuracy: 0.8,
    species: ['Adelie', 'Chinstrap', 'Gentoo'],
    confusion: [
      [0, 0, 1],
      [0, 1, 0],
      [0, 0, 3],
    ],
  });
});
