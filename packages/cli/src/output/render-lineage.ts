import type { Lineage, LineageArtifact, LineageLink } from '@stack/pipelines';
import { printable } from './table.ts';

/** A tree for each direction. What is below an artifact stands where the artifact comes first. */
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
    const below = byNearEnd.get(id) ?? [];
    return below.flatMap((link, index) => {
      const isLast = index === below.length - 1;
      const other = byId.get(link[far]);
      const isRepeated = shown.has(link[far]) && byNearEnd.has(link[far]);
      const text = `${indent}${isLast ? '└─' : '├─'} ${showLink(link)}${other === undefined ? link[far] : describe(other)}`;
      const deeper = `${indent}${isLast ? '   ' : '│  '}`;
      return isRepeated ? [`${text}, as above`] : [text, ...renderBelow(link[far], deeper)];
    });
  };
  const lines = renderBelow(root.id, '');
  return [title, ...(lines.length === 0 ? ['nothing'] : lines)].join('\n');
}

function showLink({ kind, input }: LineageLink): string {
  if (kind === 'cached') return 'the same, by the cache: ';
  return kind === 'item' ? 'the list that it is in: ' : `${printable(input ?? '')}: `;
}

function describe({ id, name, version, madeBy }: LineageArtifact): string {
  if (name === undefined) return `${id}, which is deleted`;
  const by = madeBy === undefined ? 'saved outside a run' : `by the step ${madeBy.step} of the run ${madeBy.run}`;
  return printable(`${name}@${version}, ${by}`);
}
