import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createComponent, createStack } from '@stack/core';
import { localArtifactStoreFlavor, localOrchestratorFlavor } from '@stack/integration-local';
import { expect, it } from 'vitest';
import type { Evaluation } from '../steps/evaluate.ts';
import { training } from './training.ts';

it('tells more than nine of ten held-out penguins right, each time the same ones', async () => {
  const first = await runTraining();
  expect(first.evaluation.total).toBe(67);
  expect(first.evaluation.accuracy).toBeGreaterThan(0.9);
  expect(first.report).toContain(`(${first.evaluation.correct} of 67)`);
  expect(first.page).toContain(`(${first.evaluation.correct} of 67)</p>`);
  expect(await runTraining()).toEqual(first);
});

it.each([0, 1, 1.5])('refuses a ratio of %d', (ratio) => {
  expect(() => training.plan({ ratio })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
});

/** The application's way: a stack in code, no project. */
async function runTraining(): Promise<{ evaluation: Evaluation; report: string; page: unknown }> {
  await using disposables = new AsyncDisposableStack();
  const path = await mkdtemp(join(tmpdir(), 'stack-penguins-'));
  disposables.defer(() => rm(path, { recursive: true }));
  const stack = disposables.use(
    await createStack({
      name: 'in-code',
      orchestrator: createComponent(localOrchestratorFlavor, { name: 'here', config: {} }),
      artifactStore: createComponent(localArtifactStoreFlavor, { name: 'temporary', config: { path } }),
    }),
  );
  const run = await training.run({}, { stack, onEvent: () => {} });
  const evaluation = (await run.output('evaluate')) as Evaluation;
  return { evaluation, report: await run.result(), page: await run.output('report', 'page') };
}
