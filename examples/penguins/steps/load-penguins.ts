import { readFile } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import { step } from '@stack/pipelines';
import type { PenguinRow } from '../data/penguin.ts';

/** The data as it was published, from the file that the package vega-datasets ships. A disk may be busy: it is tried again. */
export const loadPenguins = step(
  { name: 'load-penguins', retry: { attempts: 3 } },
  async (): Promise<readonly PenguinRow[]> => {
    // The package exports no path to its files, so its folder is looked up.
    const manifest = findPackageJSON('vega-datasets', import.meta.url);
    if (manifest === undefined) throw new Error('The package vega-datasets is not installed.');
    return JSON.parse(await readFile(join(dirname(manifest), 'data', 'penguins.json'), 'utf8'));
  },
);
