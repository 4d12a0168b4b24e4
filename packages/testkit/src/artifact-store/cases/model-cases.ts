import type { ArtifactStore } from '@stack/core';
import type { ConformanceCases } from '../../conformance/conformance-suite.ts';
import { StoreModel } from '../model/store-model.ts';
import type { Context } from './case-context.ts';

/** Programs that are tried, and operations that the longest has. */
const programs = process.env.STACK_TEST_LONG ? 300 : 20;
const longestProgram = 40;

/** Milliseconds after which no further program is tried, nor one that fails made shorter. */
const longestRun = process.env.STACK_TEST_LONG ? 120_000 : 15_000;

export const modelCases = {
  'a random program of operations does to a store what it does to a map': async ({ component: store }: Context) => {
    // Loaded here, since it is the one case that takes it.
    const { default: fc } = await import('fast-check');
    const { operationArbitrary } = await import('../model/store-operation.ts');
    let runs = 0;
    const program = fc.array(operationArbitrary, { minLength: 1, maxLength: longestProgram, size: 'max' });
    await fc.assert(
      fc.asyncProperty(program, async (steps) => {
        // Each in a directory of its own: a program is run again while it is made shorter.
        const model = new StoreModel(store, `run-${runs++}`);
        for (const operation of steps) await model.check(operation);
        await model.checkObjects();
        await store.removeTree(model.directory);
      }),
      { numRuns: programs, interruptAfterTimeLimit: longestRun, includeErrorInReport: true },
    );
  },
} satisfies ConformanceCases<ArtifactStore>;
