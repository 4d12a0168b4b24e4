import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ArtifactStore } from '@stack/core';
import type { CaseContext } from '../../conformance/conformance-suite.ts';

/** What a case of the suite for artifact stores gets. */
export type Context = CaseContext<ArtifactStore>;

/** A folder that is gone after the case. */
export async function temporaryFolder(disposables: AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'stack-conformance-'));
  disposables.defer(() => rm(folder, { recursive: true }));
  return folder;
}
