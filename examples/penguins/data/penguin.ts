/** A row of the Palmer penguins data, with the names that the file has. */
export interface PenguinRow {
  readonly Species: Species;
  readonly Island: string;
  readonly 'Beak Length (mm)': number | null;
  readonly 'Beak Depth (mm)': number | null;
  readonly 'Flipper Length (mm)': number | null;
  readonly 'Body Mass (g)': number | null;
  /** `MALE` or `FEMALE`; anything else means that it is not known. */
  readonly Sex: string | null;
}

/** A penguin of which everything is known. Lengths are in millimetres, the mass is in grams. */
export interface Penguin {
  readonly species: Species;
  readonly island: string;
  readonly beakLength: number;
  readonly beakDepth: number;
  readonly flipperLength: number;
  readonly bodyMass: number;
  readonly sex: Sex;
}

export const allSpecies = ['Adelie', 'Chinstrap', 'Gentoo'] as const;

export type Species = (typeof allSpecies)[number];

export type Sex = 'FEMALE' | 'MALE';
