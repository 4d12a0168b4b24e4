import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { StoreLocation } from '../src/store-location.ts';

/** How a process ended, and what it printed. */
export interface ChildEnd {
  readonly code: number | null;
  readonly signal: string | null;
  readonly output: string;
  readonly errors: string;
}

interface Child {
  readonly child: ChildProcessWithoutNullStreams;
  readonly end: Promise<ChildEnd>;
}

/** Runs code in a process of its own that has `location`, and what the package has inside. */
export function runChild(location: StoreLocation, code: string): Child {
  const from = (module: string) => JSON.stringify(new URL(`../src/${module}`, import.meta.url));
  return spawnNode(`
    import { openEngine } from ${from('open-engine.ts')};
    import { openStore } from ${from('open-store.ts')};
    import { migrate } from ${from('schema/migrate.ts')};
    import { migrations } from ${from('schema/migrations.ts')};
    const location = ${JSON.stringify(location)};
    ${code}
  `);
}

/** Which packages a process has loaded when the code has run, of those that take long to load. */
export async function heavyPackages(code: string): Promise<readonly string[]> {
  const { output, errors } = await spawnNode(`
    import { registerHooks } from 'node:module';
    registerHooks({ load(url, context, next) { console.log(url); return next(url, context); } });
    ${code}
  `).end;
  if (errors !== '') throw new Error(errors);
  const loaded = output.split('\n');
  return ['kysely', 'pg', 'zod'].filter((name) => loaded.some((url) => url.includes(`/node_modules/${name}/`)));
}

function spawnNode(code: string): Child {
  const child = spawn(process.execPath, ['--conditions=@stack/source', '--input-type=module', '-']);
  child.stdin.end(code);
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const end = once(child, 'close').then(([code, signal]): ChildEnd => ({ code, signal, output, errors }));
  return { child, end };
}
