export { backupStore } from './maintenance/backup-store.ts';
export { checkStore, type StoreCheck } from './maintenance/check-store.ts';
export { type RestoredStore, restoreStore } from './maintenance/restore-store.ts';
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
