// npm's name for what `npx` runs.
const isRunByNpx = process.env.npm_lifecycle_event === 'npx';

/** What users type to call this program: `STACK_COMMAND` where it says so, else `npx stack` below npx, else `stack`. */
export const programName = process.env.STACK_COMMAND || (isRunByNpx ? 'npx stack' : 'stack');

/** A hint as it is typed here: whoever throws an error writes `stack`, and cannot know what the program is called. */
export function asTyped(hint: string): string {
  return hint.replaceAll(/(^|[:,] |\n *)stack (?=[a-z<])/g, (_, before: string) => `${before}${programName} `);
}
