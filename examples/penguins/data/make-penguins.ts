import type { Penguin, Species } from './penguin.ts';

const typical = {
  Adelie: { beakLength: 38.8, beakDepth: 18.3, flipperLength: 190, bodyMass: 3706 },
  Chinstrap: { beakLength: 48.8, beakDepth: 18.4, flipperLength: 196, bodyMass: 3733 },
  Gentoo: { beakLength: 47.6, beakDepth: 15, flipperLength: 217, bodyMass: 5092 },
} satisfies Record<Species, object>;

/** Typical penguins of a species, no two of them alike: for tests. */
export function makePenguins(species: Species, count: number): Penguin[] {
  const { beakLength, beakDepth, flipperLength, bodyMass } = typical[species];
  return Array.from({ length: count }, (_, index) => ({
    species,
    island: 'Biscoe',
    beakLength: beakLength + index / 100,
    beakDepth: beakDepth + index / 100,
    flipperLength: flipperLength + index / 10,
    bodyMass: bodyMass + index,
    sex: index % 2 === 0 ? 'FEMALE' : 'MALE',
  }));
}
