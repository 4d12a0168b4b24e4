import type { LineageArtifact, LineageLink } from '@stack/pipelines';
import { expect, it } from 'vitest';
import { renderLineage } from './render-lineage.ts';

const made = (id: string, step: string): LineageArtifact => ({
  id,
  name: id,
  version: 1,
  madeBy: { runId: 'id', run: 'first', step },
});

it('shows the first items of a mapped step, and how many more there are', () => {
  const list = made('list', 'double');
  const items = Array.from({ length: 8 }, (_, index) => made(`item-${index}`, `double[${index}]`));
  const source = made('source', 'load');
  const check = made('check', 'check');
  const links: LineageLink[] = [
    ...items.map(({ id }) => ({ from: id, to: 'list', kind: 'item' }) as const),
    ...items.map(({ id }) => ({ from: 'source', to: id, kind: 'input', input: 'value' }) as const),
    { from: 'check', to: 'list', kind: 'condition' },
  ];
  const artifacts = [list, ...items, source, check];
  expect(renderLineage({ artifact: list, artifacts, links }, { up: true, down: false })).toBe(`\
list@1, by the step double of the run first

Made from:
├─ an item of it: item-0@1, by the step double[0] of the run first
│  └─ value: source@1, by the step load of the run first
├─ an item of it: item-1@1, by the step double[1] of the run first
│  └─ value: source@1, by the step load of the run first
├─ an item of it: item-2@1, by the step double[2] of the run first
│  └─ value: source@1, by the step load of the run first
├─ an item of it: item-3@1, by the step double[3] of the run first
│  └─ value: source@1, by the step load of the run first
├─ an item of it: item-4@1, by the step double[4] of the run first
│  └─ value: source@1, by the step load of the run first
├─ its condition: check@1, by the step check of the run first
└─ and 3 more by items of the step double of the run first; --json has all`);
  const down = renderLineage({ artifact: source, artifacts, links }, { up: false, down: true });
  expect(down).toContain(`
├─ value: item-1@1, by the step double[1] of the run first
│  └─ the list that it is in: list@1, by the step double of the run first
`);
  expect(down).toMatch(/\n└─ and 3 more by items of the step double of the run first; --json has all$/);
});

it('shows all items where they are few', () => {
  const list = made('list', 'double');
  const items = Array.from({ length: 5 }, (_, index) => made(`item-${index}`, `double[${index}]`));
  const links = items.map(({ id }) => ({ from: id, to: 'list', kind: 'item' }) as const);
  const text = renderLineage({ artifact: list, artifacts: [list, ...items], links }, { up: true, down: true });
  expect(text).toContain(
    '└─ an item of it: item-4@1, by the step double[4] of the run first\n\nMade from it:\nnothing',
  );
});
