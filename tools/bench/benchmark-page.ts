import { generatedPage } from '../docs/markdown.ts';
import { storeBlocks } from './artifact-stores/page-section.ts';
import type { KeptFigures } from './kept-figures.ts';
import { partSizeBlocks } from './part-sizes/page-section.ts';
import { pipelineBlocks } from './pipelines/page-section.ts';

/** docs/benchmarks.md. */
export function benchmarkPage(figures: KeptFigures): string {
  return generatedPage('Benchmarks', 'npm run bench -- NAME --keep', [
    'What our parts cost, beside what others take for the same on the same machine.',
    ...storeBlocks(figures['artifact-stores']),
    ...partSizeBlocks(figures['part-sizes']),
    ...pipelineBlocks(figures.pipelines),
  ]);
}
