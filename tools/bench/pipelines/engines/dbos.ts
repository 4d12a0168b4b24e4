import type { BenchedEngine, EnginePlace } from '../benched-engine.ts';
import { describeRivals, requireRival } from '../rival-packages.ts';

interface Dbos {
  setConfig(config: object): void;
  registerWorkflow(
    workflow: (seed: number, steps: number) => Promise<number>,
    options: { readonly name: string },
  ): (seed: number, steps: number) => Promise<number>;
  runStep(step: () => Promise<number>, options: { readonly name: string }): Promise<number>;
  launch(): Promise<void>;
  shutdown(): Promise<void>;
}

/** A workflow of DBOS, which keeps its state in PostgreSQL. */
export async function openDbos({ url }: EnginePlace): Promise<BenchedEngine> {
  const { DBOS } = requireRival<{ readonly DBOS: Dbos }>('@dbos-inc/dbos-sdk');
  DBOS.setConfig({ name: 'bench', systemDatabaseUrl: url, logLevel: 'error' });
  const chain = DBOS.registerWorkflow(
    async (seed, steps) => {
      let value = seed;
      for (let index = 0; index < steps; index++) {
        const before = value;
        value = await DBOS.runStep(async () => before + 1, { name: `step-${index}` });
      }
      return value;
    },
    { name: 'chain' },
  );
  await DBOS.launch();
  return {
    by: `${describeRivals('@dbos-inc/dbos-sdk')}: a workflow, in PostgreSQL on this machine`,
    prepare: async (shape, steps) => (shape === 'chain' ? (seed) => chain(seed, steps) : 'only chains are compared'),
    [Symbol.asyncDispose]: () => DBOS.shutdown(),
  };
}
