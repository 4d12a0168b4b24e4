import type { BenchedStore } from '../benched-store.ts';
import type { Place, PlaceKind, PlaceOf } from '../place.ts';
import { withSha256 } from './with-sha256.ts';

type Open<Kind extends PlaceKind> = (place: PlaceOf<Kind>) => BenchedStore;

/** Node's file system, or the SDK of the vendor: what a program would do that needs no store. */
const kinds: { readonly [Kind in PlaceKind]: () => Promise<{ readonly default: Open<Kind> }> } = {
  local: () => import('./raw-local.ts'),
  s3: () => import('./raw-s3.ts'),
  gcs: () => import('./raw-gcs.ts'),
  azure: () => import('./raw-azure.ts'),
};

export default async function openRaw(place: Place, { digest }: { readonly digest: boolean }): Promise<BenchedStore> {
  const { default: open } = (await kinds[place.kind]()) as { readonly default: (place: Place) => BenchedStore };
  return digest ? withSha256(open(place)) : open(place);
}
