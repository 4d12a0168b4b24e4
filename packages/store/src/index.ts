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
  RemovedStack,
  StackFilter,
  StackRecord,
  StackTable,
  StoreOptions,
} from './metadata-store.ts';
export { openStore } from './open-store.ts';
