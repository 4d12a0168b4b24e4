import type { ComponentRecord } from '../metadata-store.ts';
import { StoredRow } from '../schema/stored-row.ts';
import type { ComponentRow } from '../schema/tables.ts';

export function componentRecord(row: ComponentRow): ComponentRecord {
  const stored = new StoredRow('components', row.id, row);
  return {
    id: row.id,
    type: row.type,
    name: row.name,
    flavor: row.flavor,
    configVersion: row.config_version,
    config: stored.object('config'),
    settings: stored.object('settings'),
    labels: stored.texts('labels'),
    isProtected: row.is_protected === 1,
    createdAt: stored.date('created_at'),
    updatedAt: stored.date('updated_at'),
  };
}
