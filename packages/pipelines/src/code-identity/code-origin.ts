import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { getCallSites } from 'node:util';

/** Where in the user's code something was defined. */
export interface CodeOrigin {
  /** The calls that led there, the innermost first: only the last ones are not in a function. */
  readonly places: readonly CodePlace[];
  /** Milliseconds since 1970: what was changed later is not what this process runs. */
  readonly at: number;
  /** How many were made by the same calls before, in this process or, within a pipeline, in one call of its function. */
  readonly repetition: number;
  /** Of the pipeline whose function made it: then it may depend on the parameters of a run. */
  readonly pipeline?: CodeOrigin;
}

/** What is made while the function of a pipeline runs. */
export interface PipelineCode {
  readonly origin: CodeOrigin;
  readonly made: MadeCode;
}

/** Counts what is made by the same calls: a loop, or a function that is called several times, makes different ones. */
export class MadeCode {
  readonly #counts = new Map<string, number>();

  /** @returns how many there were before */
  add(places: readonly CodePlace[]): number {
    const key = places.map(({ file, line, column }) => `${file}:${line}:${column}`).join();
    const before = this.#counts.get(key) ?? 0;
    this.#counts.set(key, before + 1);
    return before;
  }
}

export interface CodePlace {
  /** A file URL; `undefined` for code that is not in a file. */
  readonly file: string | undefined;
  /** From 1, both. */
  readonly line: number;
  readonly column: number;
}

/** The folder of this package's code. Tests are in it too, so that a step of theirs has no origin. */
const ownFolder = new URL('..', import.meta.url).href;

/** How many calls are looked at: a step that is made deeper in functions has an origin that is cut off. */
const depth = 100;

const madeHere = new MadeCode();

/**
 * The place of the caller of this package that is on the stack now.
 *
 * @param pipeline the one whose function runs
 */
export function captureCodeOrigin(pipeline?: PipelineCode): CodeOrigin {
  const places: CodePlace[] = [];
  for (const { scriptName, lineNumber, columnNumber } of getCallSites(depth, { sourceMap: false })) {
    // Absolute paths are those of CommonJS modules.
    const file = isAbsolute(scriptName) ? pathToFileURL(scriptName).href : scriptName;
    // Below these is what imports the module, or runs the pipeline.
    if (file.startsWith('node:internal/modules/') || (places.length > 0 && file.startsWith(ownFolder))) break;
    if (file.startsWith('node:') || file.startsWith(ownFolder)) continue;
    places.push({
      file: file.startsWith('file:') ? file : undefined,
      line: lineNumber,
      column: columnNumber,
    });
  }
  if (pipeline === undefined) return { places, at: Date.now(), repetition: madeHere.add(places) };
  const { origin, made } = pipeline;
  // What runs was loaded when the pipeline was made.
  return { places, at: origin.at, repetition: made.add(places), pipeline: origin };
}
