export type {
  AppliedDocument,
  AppliedDocumentTable,
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
  StoreTables,
} from './metadata-store.ts';
export { openStore } from './open-store.ts';
