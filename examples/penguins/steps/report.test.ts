import { expect, it } from 'vitest';
import { report } from './report.ts';

it('shows the accuracy and the confusion matrix', async () => {
  const evaluation = {
    correct: 4,
    total: 5,
    accuracy: 0.8,
    species: ['Adelie', 'Chinstrap', 'Gentoo'],
    confusion: [
      [0, 0, 1],
      [0, 1, 0],
      [0, 0, 3],
    ],
  } as const;
  expect(await report.run({ evaluation })).toBe(`Accuracy on held-out penguins: 0.800 (4 of 5)

Confusion matrix (a row is what they are, a column is what the model says):

                Adelie  Chinstrap     Gentoo
Adelie               0          0          1
Chinstrap            0          1          0
Gentoo               0          0          3
`);
});
