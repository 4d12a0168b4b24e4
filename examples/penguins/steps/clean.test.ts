import { expect, it, vi } from 'vitest';
import type { PenguinRow } from '../data/penguin.ts';
import { clean } from './clean.ts';

const complete: PenguinRow = {
  Species: 'Gentoo',
  Island: 'Biscoe',
  'Beak Length (mm)': 44.5,
  'Beak Depth (mm)': 15.7,
  'Flipper Length (mm)': 217,
  'Body Mass (g)': 4875,
  Sex: 'MALE',
};

it('gives the columns plain names', async () => {
  expect(await clean.run({ rows: [complete] })).toEqual([
    {
      species: 'Gentoo',
      island: 'Biscoe',
      beakLength: 44.5,
      beakDepth: 15.7,
      flipperLength: 217,
      bodyMass: 4875,
      sex: 'MALE',
    },
  ]);
});

it('drops rows in which a value is missing, and says how many', async () => {
  const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const rows = [
    complete,
    { ...complete, 'Beak Length (mm)': null },
    { ...complete, 'Beak Depth (mm)': null },
    { ...complete, 'Flipper Length (mm)': null },
    { ...complete, 'Body Mass (g)': null },
    { ...complete, Sex: null },
    { ...complete, Sex: '.' },
  ];
  expect(await clean.run({ rows }, { log })).toHaveLength(1);
  expect(log.info).toHaveBeenCalledWith('kept 1 of 7 rows, dropped 6 with missing values');
});
