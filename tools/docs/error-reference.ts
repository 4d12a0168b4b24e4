import { errorCodes, exitCodes } from '../../packages/core/src/errors/error-codes.ts';
import { errorExplanations } from '../../packages/core/src/errors/error-explanations.ts';
import { generatedPage } from './markdown.ts';

/** docs/errors.md: every error code with its cause and remedy. */
export function errorReference(): string {
  const codes = (Object.keys(errorCodes) as (keyof typeof errorCodes)[]).sort();
  return generatedPage('Errors', 'npm run docs', [
    'Every error that Stack throws on purpose has a code, and a code never changes its meaning: branch on it. In code, `StackError.is(error, "CODE")` tells; with `--json` a command prints it as `error.code`. The exit code is that of the `stack` command.',
    ...codes.flatMap((code) => {
      const { category, summary } = errorCodes[code];
      const { cause, remedy } = errorExplanations[code];
      return [
        `## ${code}`,
        `${summary} Exit code ${exitCodes[category]}.`,
        `- **Cause:** ${cause}\n- **Remedy:** ${remedy}`,
      ];
    }),
  ]);
}
