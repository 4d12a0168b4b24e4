import { isFlavorManifest } from '@stack/core/manifest';
import type { FlavorRecord } from '../metadata-store.ts';
import type { FlavorRow } from '../schema/flavor-row.ts';
import { StoredRow } from '../schema/stored-row.ts';

export function flavorRecord(row: FlavorRow): FlavorRecord {
  const stored = new StoredRow('flavors', row.id, row);
  return {
    id: row.id,
    type: row.type,
    name: row.name,
    source: row.source,
    manifest: stored.json('manifest', 'the manifest of a flavor', isFlavorManifest),
    files: stored.texts('files'),
    createdAt: stored.date('created_at'),
    updatedAt: stored.date('updated_at'),
  };
}
