export type {
  ComponentFilter,
  ComponentRecord,
  ComponentTable,
  FlavorRecord,
  FlavorTable,
  MetadataStore,
  NewComponent,
  NewFlavor,
  NewStack,
  StackRecord,
  StackTable,
  StoreOptions,
} from './metadata-store.ts';
export { openStore } from './open-store.ts';
export type { StoreLocation } from './store-location.ts';
