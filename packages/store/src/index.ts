export type {
  ComponentChange,
  ComponentFilter,
  ComponentRecord,
  ComponentTable,
  ComponentVersion,
  FlavorRecord,
  FlavorTable,
  MetadataStore,
  NewComponent,
  NewFlavor,
  NewStack,
  StackRecord,
  StackTable,
  StoreOptions,
  StoreTables,
  WriteOptions,
} from './metadata-store.ts';
export { openStore } from './open-store.ts';
