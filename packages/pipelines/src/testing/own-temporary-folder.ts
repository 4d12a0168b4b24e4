import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';

/** Makes a folder for temporary files of this test alone, which is removed when the test ends. Others use that of the machine. */
export function ownTemporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'stack-test-'));
  vi.stubEnv('TMPDIR', folder);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}
