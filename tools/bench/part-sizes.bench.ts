import { parseArgs } from 'node:util';
import { stores } from './artifact-stores/stores.ts';
import { keepFigures, readKeptFigures } from './kept-figures.ts';
import { runLine, sweepTable } from './part-sizes/page-section.ts';
import { sweepStore, sweptStores } from './part-sizes/sweep.ts';

const rounds = 3;

/** How fast large objects go in parts of several sizes: `[--store NAME]... [--keep]`. */
export default async function benchmarkPartSizes(commandArguments: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...commandArguments],
    options: {
      store: { type: 'string', multiple: true, default: [...sweptStores] },
      keep: { type: 'boolean', default: false },
    },
  });
  const unknown = values.store.filter((name) => !sweptStores.some((each) => each === name));
  if (unknown.length > 0) throw new Error(`--store ${unknown.join(', ')}: it is none of ${sweptStores.join(', ')}`);
  for (const name of sweptStores.filter((each) => values.store.includes(each))) {
    const obstacle = await stores[name].whyUnavailable();
    if (obstacle !== undefined) {
      console.error(`${name} is not measured: ${obstacle}`);
      continue;
    }
    const found = await sweepStore(name, rounds);
    console.log(`${stores[name].title}: ${runLine(found)}\n\n${sweepTable(found)}\n`);
    if (values.keep) keepFigures('part-sizes', { ...readKeptFigures('part-sizes'), [name]: found });
  }
}
