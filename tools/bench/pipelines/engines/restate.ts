import { findFreePort } from '../../../backends/server-process.ts';
import type { BenchedEngine, EnginePlace } from '../benched-engine.ts';
import { describeRivals, requireRival } from '../rival-packages.ts';

interface ChainInput {
  readonly seed: number;
  readonly steps: number;
}

interface Context {
  run(name: string, step: () => number): Promise<number>;
}

interface RestateSdk {
  service(definition: {
    readonly name: string;
    readonly handlers: { readonly run: (context: Context, input: ChainInput) => Promise<number> };
  }): unknown;
  endpoint(): { bind(service: unknown): { listen(port: number): Promise<number> } };
}

/** A handler of Restate, whose journal its server keeps. */
export async function openRestate({ url, adminUrl }: EnginePlace): Promise<BenchedEngine> {
  const restate = requireRival<RestateSdk>('@restatedev/restate-sdk');
  const chain = restate.service({
    name: 'chain',
    handlers: {
      run: async (context, { seed, steps }) => {
        let value = seed;
        for (let index = 0; index < steps; index++) {
          const before = value;
          value = await context.run(`step-${index}`, () => before + 1);
        }
        return value;
      },
    },
  });
  const port = await restate
    .endpoint()
    .bind(chain)
    .listen(await findFreePort());
  await post(`${adminUrl}/deployments`, { uri: `http://127.0.0.1:${port}` });
  return {
    by: `${describeRivals('@restatedev/restate-sdk', '@restatedev/restate-server')}: a handler, with the server on this machine`,
    prepare: async (shape, steps) =>
      shape === 'chain'
        ? async (seed) => Number(await post(`${url}/chain/run`, { seed, steps }))
        : 'only chains are compared',
    // It listens until the process ends.
    [Symbol.asyncDispose]: async () => {},
  };
}

async function post(url: string, body: object): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answers ${response.status}: ${text}`);
  return text;
}
