import { randomBytes, randomUUID } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../engine.ts';
import type { Tables } from './tables.ts';

/** Brings the database from one version to the next. */
export type Migration = (database: Kysely<Tables>, engine: Engine) => Promise<void>;

/** The secret of the store by which values are digested that may be secrets. */
export const digestKeySetting = 'digest-key';

/** In order: the first makes version 1. A migration that was released is never changed. */
export const migrations: readonly Migration[] = [
  createTables,
  keepComponentVersions,
  addAppliedDocuments,
  addSecretStores,
  makeRunsDurable,
  addStepCaching,
  nameArtifacts,
  keepObjects,
];

async function createTables({ schema }: Kysely<Tables>, { sequenceColumn }: Engine): Promise<void> {
  await schema
    .createTable('flavors')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('source', 'text', (column) => column.notNull())
    .addColumn('manifest', 'text', (column) => column.notNull())
    .addColumn('files', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('flavors_type_name', ['type', 'name'])
    .execute();

  await schema
    .createTable('components')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('flavor', 'text', (column) => column.notNull())
    .addColumn('config_version', 'integer', (column) => column.notNull())
    .addColumn('config', 'text', (column) => column.notNull())
    .addColumn('settings', 'text', (column) => column.notNull())
    .addColumn('labels', 'text', (column) => column.notNull())
    .addColumn('is_protected', 'integer', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('components_type_name', ['type', 'name'])
    .execute();

  await schema
    .createTable('stacks')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull().unique())
    .addColumn('labels', 'text', (column) => column.notNull())
    .addColumn('is_protected', 'integer', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .execute();

  await schema
    .createTable('stack_components')
    .addColumn('stack_id', 'text', (column) => column.notNull().references('stacks.id').onDelete('cascade'))
    .addColumn('component_id', 'text', (column) => column.notNull().references('components.id'))
    .addColumn('position', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('stack_components_key', ['stack_id', 'component_id'])
    .execute();
  await schema
    .createIndex('stack_components_component')
    .on('stack_components')
    .columns(['component_id', 'stack_id'])
    .execute();

  await schema
    .createTable('runs')
    .addColumn('sequence', sequenceColumn)
    .addColumn('id', 'text', (column) => column.notNull().unique())
    .addColumn('name', 'text', (column) => column.notNull().unique())
    .addColumn('pipeline', 'text', (column) => column.notNull())
    .addColumn('stack', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('plan', 'text', (column) => column.notNull())
    .addColumn('error', 'text')
    .addColumn('metadata', 'text', (column) => column.notNull())
    .addColumn('started_at', 'bigint', (column) => column.notNull())
    .addColumn('ended_at', 'bigint')
    .execute();
  await schema.createIndex('runs_pipeline').on('runs').columns(['pipeline', 'sequence']).execute();
  await schema.createIndex('runs_state').on('runs').columns(['state', 'sequence']).execute();

  await schema
    .createTable('step_runs')
    .addColumn('run_id', 'text', (column) => column.notNull().references('runs.id'))
    .addColumn('step', 'text', (column) => column.notNull())
    .addColumn('position', 'integer', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('attempt', 'integer', (column) => column.notNull())
    .addColumn('error', 'text')
    .addColumn('reason', 'text')
    .addColumn('metadata', 'text', (column) => column.notNull())
    .addColumn('started_at', 'bigint')
    .addColumn('ended_at', 'bigint')
    .addPrimaryKeyConstraint('step_runs_key', ['run_id', 'step'])
    .execute();

  await schema
    .createTable('artifacts')
    .addColumn('sequence', sequenceColumn)
    .addColumn('id', 'text', (column) => column.notNull().unique())
    .addColumn('run_id', 'text', (column) => column.notNull())
    .addColumn('step', 'text', (column) => column.notNull())
    .addColumn('output', 'text', (column) => column.notNull())
    .addColumn('materializer', 'text', (column) => column.notNull())
    .addColumn('store', 'text', (column) => column.notNull())
    .addColumn('path', 'text', (column) => column.notNull())
    .addColumn('size', 'bigint', (column) => column.notNull())
    .addColumn('sha256', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('artifacts_run_step_output', ['run_id', 'step', 'output'])
    .addForeignKeyConstraint('artifacts_step_run', ['run_id', 'step'], 'step_runs', ['run_id', 'step'])
    .execute();

  await schema
    .createTable('run_events')
    .addColumn('sequence', sequenceColumn)
    .addColumn('run_id', 'text', (column) => column.notNull().references('runs.id'))
    .addColumn('step', 'text')
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('data', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute();
  await schema.createIndex('run_events_run').on('run_events').columns(['run_id', 'sequence']).execute();

  await schema
    .createTable('settings')
    .addColumn('key', 'text', (column) => column.primaryKey())
    .addColumn('value', 'text', (column) => column.notNull())
    .execute();
}

/**
 * A component's flavor was stored as it was typed, `PACKAGE:NAME` or `FILE#EXPORT:NAME` among it: from here on it is a
 * name and, apart from it, the package. And there is a place for what a component was before its config was migrated.
 */
async function keepComponentVersions(database: Kysely<Tables>): Promise<void> {
  const { schema } = database;
  await schema.alterTable('components').addColumn('flavor_package', 'text').execute();
  const components = await database
    .selectFrom('components')
    .select(['id', 'type', 'flavor'])
    .where('flavor', 'like', '%:%')
    .execute();
  const registered = await database.selectFrom('flavors').select(['type', 'source']).execute();
  for (const { id, type, flavor } of components) {
    const separator = flavor.lastIndexOf(':');
    const source = flavor.slice(0, separator);
    const isRegistered = registered.some((other) => other.type === type && other.source === source);
    await database
      .updateTable('components')
      .set({ flavor: flavor.slice(separator + 1), flavor_package: isRegistered ? null : source })
      .where('id', '=', id)
      .execute();
  }
  await schema
    .createTable('component_versions')
    .addColumn('component_id', 'text', (column) => column.notNull().references('components.id').onDelete('cascade'))
    .addColumn('config_version', 'integer', (column) => column.notNull())
    .addColumn('config', 'text', (column) => column.notNull())
    .addColumn('settings', 'text', (column) => column.notNull())
    .addColumn('replaced_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('component_versions_key', ['component_id', 'config_version'])
    .execute();
}

async function addAppliedDocuments({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('applied_documents')
    .addColumn('stack_id', 'text', (column) => column.primaryKey().references('stacks.id').onDelete('cascade'))
    .addColumn('document', 'text', (column) => column.notNull())
    .addColumn('made', 'text', (column) => column.notNull())
    .addColumn('applied_at', 'bigint', (column) => column.notNull())
    .execute();
}

/** From here on every project has two secret stores, a new one too, which are asked for secrets in an order. */
async function addSecretStores(database: Kysely<Tables>): Promise<void> {
  const { schema } = database;
  await schema
    .createTable('sealed_secrets')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('store', 'text', (column) => column.notNull().references('components.id'))
    .addColumn('scope', 'text', (column) => column.notNull())
    .addColumn('owner', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('sealed_values', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('sealed_secrets_place', ['store', 'scope', 'owner', 'name'])
    .execute();
  await schema
    .createTable('secret_store_order')
    .addColumn('position', 'integer', (column) => column.primaryKey())
    .addColumn('component_id', 'text', (column) => column.notNull().unique().references('components.id'))
    .execute();
  const now = Date.now();
  // What is in the environment of a process is for this process, and so comes first.
  const stores = [
    { name: 'environment', flavor: 'env' },
    { name: 'default', flavor: 'local' },
  ];
  for (const [position, store] of stores.entries()) {
    const id = randomUUID();
    await database
      .insertInto('components')
      .values({
        ...store,
        id,
        type: 'secret-store',
        flavor_package: null,
        config_version: 1,
        config: '{}',
        settings: '{}',
        labels: '{}',
        is_protected: 1,
        created_at: now,
        updated_at: now,
      })
      .execute();
    await database.insertInto('secret_store_order').values({ position, component_id: id }).execute();
  }
}

/**
 * From here on a run is held by one process at a time: nobody holds those that there are. A step that is mapped over a list
 * has a step run for each item of it.
 */
async function makeRunsDurable(database: Kysely<Tables>): Promise<void> {
  const { schema } = database;
  // Apart from the run, whose row has the plan and is long: this one is changed every few seconds.
  await schema
    .createTable('run_leases')
    .addColumn('run_id', 'text', (column) => column.primaryKey().references('runs.id'))
    .addColumn('epoch', 'integer', (column) => column.notNull())
    .addColumn('holder', 'text')
    .addColumn('host', 'text')
    .addColumn('pid', 'integer')
    .addColumn('held_since', 'bigint')
    .addColumn('heartbeat', 'bigint', (column) => column.notNull())
    .execute();
  await schema.createIndex('run_leases_holder').on('run_leases').column('holder').execute();
  await database
    .insertInto('run_leases')
    .columns(['run_id', 'epoch', 'heartbeat'])
    .expression((from) =>
      from.selectFrom('runs').select(({ val }) => ['id', val(1).as('epoch'), val(0).as('heartbeat')]),
    )
    .execute();
  await schema
    .alterTable('step_runs')
    .addColumn('interruptions', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
  await schema.alterTable('step_runs').addColumn('item', 'integer').execute();
}

/** What a step run's result can be reused for. Those that there are, are computed again. */
async function addStepCaching(database: Kysely<Tables>): Promise<void> {
  const { schema } = database;
  await schema.alterTable('step_runs').addColumn('caching', 'text').execute();
  await schema.alterTable('step_runs').addColumn('cache_key', 'text').execute();
  await schema.createIndex('step_runs_cache_key').on('step_runs').columns(['cache_key', 'ended_at']).execute();
  await database
    .insertInto('settings')
    .values({ key: digestKeySetting, value: randomBytes(32).toString('hex') })
    .execute();
}

/**
 * From here on artifacts have names, of which the versions are counted, and need not come from a run. Those that there are
 * get the names of their outputs. The table is made anew, since in SQLite a column cannot become one that may be null.
 */
async function nameArtifacts(database: Kysely<Tables>, { sequenceColumn }: Engine): Promise<void> {
  const { schema } = database;
  await schema
    .createTable('named_artifacts')
    .addColumn('sequence', sequenceColumn)
    .addColumn('id', 'text', (column) => column.notNull().unique())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('tags', 'text', (column) => column.notNull())
    .addColumn('run_id', 'text')
    .addColumn('step', 'text')
    .addColumn('output', 'text')
    .addColumn('materializer', 'text', (column) => column.notNull())
    .addColumn('materializer_version', 'integer', (column) => column.notNull())
    .addColumn('store', 'text', (column) => column.notNull())
    .addColumn('path', 'text', (column) => column.notNull())
    .addColumn('size', 'bigint', (column) => column.notNull())
    .addColumn('sha256', 'text', (column) => column.notNull())
    .addColumn('contents', 'text', (column) => column.notNull())
    .addColumn('visualizations', 'text', (column) => column.notNull())
    .addColumn('schema', 'text')
    .addColumn('metadata', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('artifacts_name_version', ['name', 'version'])
    .addUniqueConstraint('artifacts_origin', ['run_id', 'step', 'output'])
    .addForeignKeyConstraint('artifacts_origin_step_run', ['run_id', 'step'], 'step_runs', ['run_id', 'step'])
    .execute();
  await sql`
    insert into named_artifacts
      (id, name, version, tags, run_id, step, output, materializer, materializer_version, store, path, size, sha256,
        contents, visualizations, metadata, created_at)
    select id, name, row_number() over (partition by name order by sequence), '[]', run_id, step, output, materializer, 1,
      store, path, size, sha256, '[]', '[]', '{}', created_at
    from (
      select artifacts.*, runs.pipeline || '/' || artifacts.step || '/' || artifacts.output as name
      from artifacts join runs on runs.id = artifacts.run_id
    ) as outputs
    order by sequence`.execute(database);
  await schema.dropTable('artifacts').execute();
  await schema.alterTable('named_artifacts').renameTo('artifacts').execute();
  await schema
    .createTable('artifact_names')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('last_version', 'integer', (column) => column.notNull())
    .execute();
  await database
    .insertInto('artifact_names')
    .columns(['name', 'last_version'])
    .expression((from) =>
      from
        .selectFrom('artifacts')
        .groupBy('name')
        .select(({ fn }) => ['name', fn.max('version').as('last_version')]),
    )
    .execute();
  await schema
    .createTable('artifact_uses')
    .addColumn('artifact_id', 'text', (column) => column.notNull())
    .addColumn('run_id', 'text', (column) => column.notNull())
    .addColumn('step', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('artifact_uses_key', ['artifact_id', 'run_id', 'step'])
    .addForeignKeyConstraint('artifact_uses_step_run', ['run_id', 'step'], 'step_runs', ['run_id', 'step'])
    .execute();
  await schema
    .alterTable('step_runs')
    .addColumn('inputs', 'text', (column) => column.notNull().defaultTo('[]'))
    .execute();
}

/**
 * From here on it can be asked which artifacts refer to an object, and what is being removed is known, so that nothing
 * refers to it any more.
 */
async function keepObjects(database: Kysely<Tables>): Promise<void> {
  const { schema } = database;
  await schema.createIndex('artifacts_path').on('artifacts').column('path').execute();
  await schema
    .createTable('artifact_objects')
    .addColumn('path', 'text', (column) => column.notNull())
    .addColumn('artifact_id', 'text', (column) => column.notNull().references('artifacts.id').onDelete('cascade'))
    .addPrimaryKeyConstraint('artifact_objects_key', ['path', 'artifact_id'])
    .execute();
  await schema.createIndex('artifact_objects_artifact').on('artifact_objects').column('artifact_id').execute();
  const composed = await database
    .selectFrom('artifacts')
    .select(['id', 'contents', 'visualizations'])
    .where(({ or, eb }) => or([eb('contents', '!=', '[]'), eb('visualizations', '!=', '[]')]))
    .execute();
  for (const { id, contents, visualizations } of composed) {
    const objects = [...JSON.parse(contents), ...JSON.parse(visualizations)] as readonly { readonly path: string }[];
    for (const path of new Set(objects.map((object) => object.path))) {
      await database.insertInto('artifact_objects').values({ path, artifact_id: id }).execute();
    }
  }
  await schema
    .createTable('condemned_objects')
    .addColumn('path', 'text', (column) => column.primaryKey())
    .addColumn('last_run', 'bigint', (column) => column.notNull())
    .addColumn('condemned_at', 'bigint', (column) => column.notNull())
    .execute();
  await schema
    .createTable('deleted_runs')
    .addColumn('run_id', 'text', (column) => column.notNull())
    .addColumn('component', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('deleted_runs_key', ['run_id', 'component'])
    .execute();
}
