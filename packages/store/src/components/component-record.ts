import type { ComponentRecord, ComponentVersion } from '../metadata-store.ts';
import { StoredRow } from '../schema/stored-row.ts';
import type { ComponentRow, ComponentVersionRow } from '../schema/tables.ts';

export function componentRecord(row: ComponentRow): ComponentRecord {
  const stored = new StoredRow('components', row.id, row);
  return {
    id: row.id,
    type: row.type,
    name: row.name,
    flavor: row.flavor,
    flavorPackage: row.flavor_package ?? undefined,
    configVersion: row.config_version,
    config: stored.object('config'),
    settings: stored.object('settings'),
    labels: stored.texts('labels'),
    isProtected: row.is_protected === 1,
    createdAt: stored.date('created_at'),
    updatedAt: stored.date('updated_at'),
  };
}

export function componentVersion(row: ComponentVersionRow): ComponentVersion {
  const stored = new StoredRow('component_versions', row.component_id, row);
  return {
    configVersion: row.config_version,
    config: stored.object('config'),
    settings: stored.object('settings'),
    replacedAt: stored.date('replaced_at'),
  };
}
