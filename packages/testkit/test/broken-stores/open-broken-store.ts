import type { ArtifactStore } from '@stack/core';
import { openRemoteStore, type RemoteStoreInput } from '../remote-store/open-remote-store.ts';
import { brokenRemoteFlavor } from './broken-remote-flavor.ts';
import { processMutants } from './remote-mutants.ts';

/** Makes the store of one fault in a process of its own. */
export function openBrokenStore(
  root: string,
  input: RemoteStoreInput & { readonly fault: string },
): Promise<ArtifactStore> {
  const mutant = processMutants.find(({ fault }) => fault === input.fault);
  if (mutant === undefined) throw new Error(`there is no store that ${input.fault}`);
  return openRemoteStore(root, input, brokenRemoteFlavor(mutant.store));
}
