import { type Lineage, type LineageArtifact, type LineageLink, parseItemName } from '@stack/pipelines';
import { printable } from './table.ts';

/** So many items of a mapped step are shown below an artifact. */
const shownItems = 5;

/**
 * A tree for each direction. What is below an artifact stands where the artifact comes first. Of many items of a mapped step
 * the first ones stand for all.
 */
export function renderLineage(
  lineage: Lineage,
  { up, down }: { readonly up: boolean; readonly down: boolean },
): string {
  const trees = [
    ...(up ? [renderTree(lineage, 'Made from:', { near: 'to', far: 'from' })] : []),
    ...(down ? [renderTree(lineage, 'Made from it:', { near: 'from', far: 'to' })] : []),
  ];
  return [describe(lineage.artifact), ...trees].join('\n\n');
}

interface Direction {
  /** The end of a link that is nearer to the artifact of the lineage. */
  readonly near: 'from' | 'to';
  readonly far: 'from' | 'to';
}

function renderTree({ artifact: root, artifacts, links }: Lineage, title: string, { near, far }: Direction): string {
  const byId = new Map(artifacts.map((artifact) => [artifact.id, artifact]));
  const byNearEnd = Map.groupBy(links, (link) => link[near]);
  const shown = new Set<string>();
  const renderBelow = (id: string, indent: string): string[] => {
    shown.add(id);
    const { links: below, left } = shortened(byNearEnd.get(id) ?? [], (link) => byId.get(link[far]));
    const last = left.length + below.length - 1;
    const lines = below.flatMap((link, index) => {
      const isLast = index === last;
      const other = byId.get(link[far]);
      const isRepeated = shown.has(link[far]) && byNearEnd.has(link[far]);
      const text = `${indent}${isLast ? '└─' : '├─'} ${showLink(link, far)}${other === undefined ? link[far] : describe(other)}`;
      const deeper = `${indent}${isLast ? '   ' : '│  '}`;
      return isRepeated ? [`${text}, as above`] : [text, ...renderBelow(link[far], deeper)];
    });
    const more = left.map((text, index) => `${indent}${below.length + index === last ? '└─' : '├─'} ${text}`);
    return [...lines, ...more];
  };
  const lines = renderBelow(root.id, '');
  return [title, ...(lines.length === 0 ? ['nothing'] : lines)].join('\n');
}

/** Links with the first items of each mapped step, and what to say of the others. */
function shortened(
  links: readonly LineageLink[],
  artifactOf: (link: LineageLink) => LineageArtifact | undefined,
): { readonly links: readonly LineageLink[]; readonly left: readonly string[] } {
  const mappedStepOf = (link: LineageLink) => {
    const { run, step } = artifactOf(link)?.madeBy ?? {};
    const item = parseItemName(step ?? '');
    return item === undefined ? undefined : `${item.step} of the run ${run}`;
  };
  const ofItems = [...Map.groupBy(links, mappedStepOf)].filter(([step]) => step !== undefined);
  const hidden = new Set(ofItems.flatMap(([, items]) => items.slice(shownItems)));
  const left = ofItems
    .filter(([, items]) => items.length > shownItems)
    .map(([step, items]) =>
      printable(`and ${items.length - shownItems} more by items of the step ${step}; --json has all`),
    );
  return { links: links.filter((link) => !hidden.has(link)), left };
}

function showLink({ kind, input }: LineageLink, far: 'from' | 'to'): string {
  switch (kind) {
    case 'cached':
      return 'the same, by the cache: ';
    case 'item':
      return far === 'to' ? 'the list that it is in: ' : 'an item of it: ';
    case 'condition':
      return 'its condition: ';
    case 'input':
      return `${printable(input ?? '')}: `;
  }
}

function describe({ id, name, version, madeBy }: LineageArtifact): string {
  if (name === undefined) return `${id}, which is deleted`;
  const by = madeBy === undefined ? 'saved outside a run' : `by the step ${madeBy.step} of the run ${madeBy.run}`;
  return printable(`${name}@${version}, ${by}`);
}
