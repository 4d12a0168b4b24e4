import { randomUUID } from 'node:crypto';
import type { NewArtifact } from '@stack/core';

/** An artifact as an engine gives it to be recorded. */
export function newArtifact(runId: string, step: string, output = 'output'): NewArtifact {
  return {
    id: randomUUID(),
    name: `training/${step}/${output}`,
    tags: [],
    runId,
    step,
    output,
    materializer: 'json',
    materializerVersion: 1,
    store: { component: 'default', flavor: 'local', root: '/artifacts' },
    path: `${runId}/${step}/${output}`,
    size: 2 ** 40,
    sha256: 'ab'.repeat(32),
    contents: [],
    visualizations: [],
    schema: undefined,
    metadata: {},
    createdAt: new Date('2026-01-02T03:04:05.678Z'),
  };
}
