export { backupStore } from './maintenance/backup-store.ts';
export { checkStore, type StoreCheck } from './maintenance/check-store.ts';
export { type RestoredStore, restoreStore } from './maintenance/restore-store.ts';
export type {
  AppliedDocument,
  AppliedDocumentTable,
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
  RemovedStack,
  SecretStoreTable,
  StackFilter,
  StackRecord,
  StackTable,
  StoreOptions,
  StoreTables,
  WriteOptions,
} from './metadata-store.ts';
export { openStore } from './open-store.ts';
export type { StoreLocation } from './store-location.ts';
