import { type ArtifactVisualization, checkName, StackError } from '@stack/core';

/** What a value looks like. Nothing of it is executed by Stack: whoever opens HTML decides whether to trust it. */
export interface Visualization {
  /** Unique for its value: letters, digits, `.`, `_` and `-`. */
  readonly name: string;
  readonly type: ArtifactVisualization['type'];
  readonly content: string | Uint8Array;
  /** Default: that of the type, for an image `image/png`. */
  readonly mediaType?: string;
}

const mediaTypes: Readonly<Record<ArtifactVisualization['type'], string>> = {
  html: 'text/html; charset=utf-8',
  markdown: 'text/markdown; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
  image: 'image/png',
};

export function mediaTypeOf({ type, mediaType }: Visualization): string {
  return mediaType ?? mediaTypes[type];
}

/** @throws ARGUMENT_INVALID for a name that cannot be, or is there twice, and for another type or content */
export function checkVisualizations(visualizations: readonly Visualization[]): void {
  const names = new Set<string>();
  for (const { name, type, content } of visualizations) {
    checkName('visualization', name);
    const problem = names.has(name)
      ? 'is there twice'
      : !Object.hasOwn(mediaTypes, type)
        ? `has the type "${type}", which is none of ${Object.keys(mediaTypes).join(', ')}`
        : typeof content !== 'string' && !(content instanceof Uint8Array)
          ? 'has a content that is neither text nor bytes'
          : undefined;
    if (problem !== undefined) {
      throw new StackError({ code: 'ARGUMENT_INVALID', message: `The visualization "${name}" ${problem}.` });
    }
    names.add(name);
  }
}
