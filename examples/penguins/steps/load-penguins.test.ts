import { expect, it } from 'vitest';
import { loadPenguins } from './load-penguins.ts';

it('loads the 344 penguins of three species', async () => {
  const rows = await loadPenguins.run();
  expect(rows).toHaveLength(344);
  const counts = Map.groupBy(rows, (row) => row.Species);
  expect(Object.fromEntries([...counts].map(([species, ofSpecies]) => [species, ofSpecies.length]))).toEqual({
    Adelie: 152,
    Chinstrap: 68,
    Gentoo: 124,
  });
});
