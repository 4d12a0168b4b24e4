import { expect, it } from 'vitest';
import { makePenguins } from '../data/make-penguins.ts';
import { split } from './split.ts';

const rows = [...makePenguins('Adelie', 50), ...makePenguins('Gentoo', 10)];
const byMass = (a: { bodyMass: number }, b: { bodyMass: number }) => a.bodyMass - b.bodyMass;

it('puts each row into one of the parts', async () => {
  const { train, test } = await split.run({ rows, ratio: 0.8, seed: 1 });
  expect([...train, ...test].sort(byMass)).toEqual([...rows].sort(byMass));
});

it('keeps the share of each species', async () => {
  const { train } = await split.run({ rows, ratio: 0.8, seed: 1 });
  expect(train.filter(({ species }) => species === 'Adelie')).toHaveLength(40);
  expect(train.filter(({ species }) => species === 'Gentoo')).toHaveLength(8);
});

it('is the same for the same seed, and another one for another', async () => {
  const first = await split.run({ rows, ratio: 0.8, seed: 1 });
  expect(await split.run({ rows, ratio: 0.8, seed: 1 })).toEqual(first);
  expect(await split.run({ rows, ratio: 0.8, seed: 2 })).not.toEqual(first);
});
