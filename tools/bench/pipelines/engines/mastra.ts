import { join } from 'node:path';
import type { BenchedEngine, EnginePlace } from '../benched-engine.ts';
import { describeRivals, requireRival } from '../rival-packages.ts';

interface Value {
  readonly value: number;
}

interface Workflow {
  then(step: unknown): Workflow;
  commit(): Workflow;
}

interface Workflows {
  createStep(step: {
    readonly id: string;
    readonly inputSchema: unknown;
    readonly outputSchema: unknown;
    readonly execute: (context: { readonly inputData: Value }) => Promise<Value>;
  }): unknown;
  createWorkflow(workflow: {
    readonly id: string;
    readonly inputSchema: unknown;
    readonly outputSchema: unknown;
  }): Workflow;
}

interface Run {
  start(input: { readonly inputData: Value }): Promise<{ readonly status: string; readonly result: Value }>;
}

interface MastraModule {
  readonly Mastra: new (options: object) => { getWorkflow(id: string): { createRun(): Promise<Run> } };
}

/** A workflow of Mastra, whose state LibSQL keeps in a file. */
export async function openMastra({ folder }: EnginePlace): Promise<BenchedEngine> {
  const { createStep, createWorkflow } = requireRival<Workflows>('@mastra/core/workflows');
  const { Mastra } = requireRival<MastraModule>('@mastra/core/mastra');
  const { LibSQLStore } = requireRival<{ LibSQLStore: new (options: object) => { close(): Promise<void> } }>(
    '@mastra/libsql',
  );
  const { z } = requireRival<{ z: { object(fields: object): unknown; number(): unknown } }>('zod');
  const schema = z.object({ value: z.number() });
  const storage = new LibSQLStore({ id: 'bench', url: `file:${join(folder, 'mastra.db')}` });
  return {
    by: `${describeRivals('@mastra/core', '@mastra/libsql')}: a workflow, in a file, with WAL and synchronous=NORMAL as it is by default`,
    async prepare(shape, steps) {
      if (shape !== 'chain') return 'only chains are compared';
      let workflow = createWorkflow({ id: 'chain', inputSchema: schema, outputSchema: schema });
      for (let index = 0; index < steps; index++) {
        workflow = workflow.then(
          createStep({
            id: `step-${index}`,
            inputSchema: schema,
            outputSchema: schema,
            execute: async ({ inputData: { value } }) => ({ value: value + 1 }),
          }),
        );
      }
      const mastra = new Mastra({ workflows: { chain: workflow.commit() }, storage, logger: false });
      return async (seed) => {
        const run = await mastra.getWorkflow('chain').createRun();
        const { status, result } = await run.start({ inputData: { value: seed } });
        if (status !== 'success') throw new Error(`the workflow is ${status}`);
        return result.value;
      };
    },
    [Symbol.asyncDispose]: () => storage.close(),
  };
}
