import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createChildEnvironment } from '@stack/core/secrets';

/** Milliseconds that looking at a file may take. */
const timeLimit = 5_000;

/**
 * Says where a file does not parse, before the stack of the error, as Node does for TypeScript. For JavaScript it says so to a
 * terminal alone, and so it is asked to check the files that were imported.
 *
 * @param files paths
 */
export function locateSyntaxError(error: unknown, files: Iterable<string>): void {
  if (!(error instanceof SyntaxError) || /^.+:\d+\n/.test(error.stack ?? '')) return;
  for (const file of files) {
    const place = /\.[cm]?js$/.test(file) ? placeIn(file) : undefined;
    if (place === undefined) continue;
    error.stack = `${place}\n${error.stack}`;
    return;
  }
}

/** `FILE:LINE` where a file does not parse. None of its code runs. */
function placeIn(file: string): string | undefined {
  const options = { encoding: 'utf8', timeout: timeLimit, env: createChildEnvironment(), windowsHide: true } as const;
  const { status, stderr } = spawnSync(process.execPath, ['--check', file], options);
  const [, at, line] = /^(.+):(\d+)$/m.exec(stderr) ?? [];
  if (status === 0 || at === undefined) return undefined;
  return `${at.startsWith('file:') ? fileURLToPath(at) : at}:${line}`;
}
