/**
 * Compiles the declarations in dist, and the tests and examples against them, as a user's compiler does:
 * `node tools/check/check-built-types.ts`, after a build. With `skipLibCheck` off, declarations of other packages are
 * checked too; what is wrong in those is not ours to mend, so it is left out.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { repositoryRoot, toolFile } from '../build/run-command.ts';
import { ownDiagnostics } from './own-diagnostics.ts';

const tsc = [toolFile('typescript'), '-p', join(repositoryRoot, 'tsconfig.dist.json'), '--pretty', 'false'];
const { status, stdout, stderr } = spawnSync(process.execPath, tsc, { cwd: repositoryRoot, encoding: 'utf8' });
const { own, others } = ownDiagnostics(stdout);
process.stderr.write(stderr);
if (own.length > 0) console.error(own.join('\n'));
console.log(`${own.length} errors here, ${others.length} in the declarations of other packages`);
const isExplained = status === 0 || own.length + others.length > 0;
process.exitCode = isExplained && own.length === 0 ? 0 : 1;
