import { inject } from 'vitest';
import type { BackendName, SharedServer } from './backends.ts';

declare module 'vitest' {
  interface ProvidedContext {
    sharedServers: string;
  }
}

/**
 * A server that all test files of this run of vitest share: started by the first that asks, ended with the run. For tests
 * that keep to a bucket, a schema or a prefix of their own.
 */
export async function sharedServer<Name extends BackendName>(name: Name): Promise<SharedServer<Name>> {
  const response = await fetch(`${inject('sharedServers')}/${name}`);
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as SharedServer<Name>;
}
