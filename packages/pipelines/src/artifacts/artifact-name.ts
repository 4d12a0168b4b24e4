/** The name of the artifact that an output of a step, or of an item of one, is stored as. */
export function outputName(pipeline: string, step: string, output: string): string {
  return `${pipeline}/${step}/${output}`;
}
