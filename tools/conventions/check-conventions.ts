/** Checks the rules of the house that no other tool knows: `node tools/conventions/check-conventions.ts`. */
import { repositoryRoot } from '../build/run-command.ts';
import { conventionViolations } from './conventions.ts';

const violations = conventionViolations(repositoryRoot);
for (const { file, rule, message } of violations) console.error(`${file}: ${message} [${rule}]`);
console.log(`conventions: ${violations.length} violations`);
process.exitCode = violations.length === 0 ? 0 : 1;
