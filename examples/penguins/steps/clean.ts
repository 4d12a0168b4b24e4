import { step } from '@stack/pipelines';
import type { Penguin, PenguinRow } from '../data/penguin.ts';

/** Gives the columns plain names, and drops the rows in which a value is missing. */
export const clean = step({ name: 'clean' }, ({ rows }: { readonly rows: readonly PenguinRow[] }, { log }) => {
  const penguins = rows.map(toPenguin).filter((penguin) => penguin !== undefined);
  log.info(
    `kept ${penguins.length} of ${rows.length} rows, dropped ${rows.length - penguins.length} with missing values`,
  );
  return penguins;
});

function toPenguin(row: PenguinRow): Penguin | undefined {
  const { Species: species, Island: island, Sex: sex } = row;
  const beakLength = row['Beak Length (mm)'];
  const beakDepth = row['Beak Depth (mm)'];
  const flipperLength = row['Flipper Length (mm)'];
  const bodyMass = row['Body Mass (g)'];
  if (beakLength === null || beakDepth === null || flipperLength === null || bodyMass === null) return undefined;
  // One row has "." here.
  if (sex !== 'MALE' && sex !== 'FEMALE') return undefined;
  return { species, island, beakLength, beakDepth, flipperLength, bodyMass, sex };
}
