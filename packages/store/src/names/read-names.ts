import { resolve } from 'node:path';
import { schemaVersion } from '../schema/schema-version.ts';
import { openDatabase } from '../sqlite/open-database.ts';
import { storeError } from '../sqlite/sqlite-error.ts';
import type { StoreLocation } from '../store-location.ts';

/** What names are read of: the components of a type, the stacks, the runs, the artifacts, or the secrets in the store. */
export type NameQuery =
  | { readonly of: 'components'; readonly type: string }
  | { readonly of: 'stacks' | 'runs' | 'artifacts' | 'secrets' };

export interface KnownName {
  readonly name: string;
  /**
   * The flavor of a component, the pipeline of a run, the newest version of an artifact, the keys of a secret; empty for a stack.
   */
  readonly note: string;
}

const shownRuns = 50;
/** Of a server, the names of the newest artifacts. */
const shownArtifacts = 1000;
/** Whoever waits for the names of a completion has pressed a key. */
const patience = 100;

/**
 * Reads names alone, for shells to complete. Of a SQLite file without all that `openStore` loads, and without changing a
 * store of an older version, which has none then. Runs are the newest 50, the newest first.
 *
 * @throws ARGUMENT_INVALID, STORE_UNAVAILABLE, STORE_CORRUPT, STORE_TOO_NEW
 */
export async function readNames(location: StoreLocation, query: NameQuery): Promise<readonly KnownName[]> {
  return 'file' in location ? await readFromFile(location.file, query) : await readFromServer(location.url, query);
}

async function readFromFile(path: string, query: NameQuery): Promise<readonly KnownName[]> {
  const file = resolve(path);
  const { database, version } = await openDatabase({ file, create: false, patience });
  try {
    if (version !== schemaVersion) return [];
    const [sql, parameter] = statement(query);
    return database.prepare(sql).all(parameter) as unknown as KnownName[];
  } catch (error) {
    throw storeError(error, file);
  } finally {
    database.close();
  }
}

function statement(query: NameQuery): [sql: string, parameter: string | number] {
  switch (query.of) {
    case 'components':
      return ['select name, flavor as note from components where type = ? order by name', query.type];
    case 'stacks':
      return ["select name, '' as note from stacks order by name limit ?", -1];
    case 'runs':
      return ['select name, pipeline as note from runs order by sequence desc limit ?', shownRuns];
    case 'artifacts':
      return ['select name, cast(max(version) as text) as note from artifacts group by name order by name limit ?', -1];
    case 'secrets':
      return [
        `select name, (select group_concat(key, ' ') from json_each(sealed_values)) as note from sealed_secrets
          where json_valid(sealed_values) order by name limit ?`,
        -1,
      ];
  }
}

/** A server takes longer to answer than the query builder to load. */
async function readFromServer(url: string, query: NameQuery): Promise<readonly KnownName[]> {
  // By the package's name, so that a bundle of this module stays small.
  const { openStore } = await import('@stack/store');
  await using store = await openStore({ url });
  switch (query.of) {
    case 'components':
      return (await store.components.list({ type: query.type })).map(({ name, flavor }) => ({ name, note: flavor }));
    case 'stacks':
      return (await store.stacks.list()).map(({ name }) => ({ name, note: '' }));
    case 'runs':
      return (await store.runs.listRuns({ limit: shownRuns })).map(({ name, pipeline }) => ({ name, note: pipeline }));
    case 'artifacts': {
      const newestFirst = await store.runs.listArtifacts({ limit: shownArtifacts });
      const newest = new Map(newestFirst.toReversed().map(({ name, version }) => [name, String(version)]));
      return [...newest].map(([name, note]) => ({ name, note })).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    }
    case 'secrets': {
      const stores = await store.components.list({ type: 'secret-store' });
      const secrets = await Promise.all(stores.map(({ id }) => store.sealedSecrets.list({ store: id })));
      return secrets.flat().map(({ name, values }) => ({ name, note: Object.keys(values).join(' ') }));
    }
  }
}
