import { expect, it } from 'vitest';
import { report } from './report.ts';

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

it('shows the accuracy and the confusion matrix', async () => {
  const { summary } = await report.run({ evaluation });
  expect(summary).toBe(`Accuracy on held-out penguins: 0.800 (4 of 5)

Confusion matrix (a row is what they are, a column is what the model says):

                Adelie  Chinstrap     Gentoo
Adelie               0          0          1
Chinstrap            0          1          0
Gentoo               0          0          3
`);
});

it('draws both as a page, the darker the more of a species', async () => {
  const { page } = await report.run({ evaluation });
  expect(page).toContain('<p>Accuracy on held-out penguins: 0.800 (4 of 5)</p>');
  expect(page.match(/<tr><th scope="row">Gentoo<\/th>.*<\/tr>/)?.[0]).toBe(
    '<tr><th scope="row">Gentoo</th><td style="background: hsl(210 80% 100%)">0</td>' +
      '<td style="background: hsl(210 80% 100%)">0</td><td style="background: hsl(210 80% 40%)">3</td></tr>',
  );
});
