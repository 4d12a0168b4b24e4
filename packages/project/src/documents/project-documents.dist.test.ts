import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { StackError } from '@stack/core';
import { formatStackDocument, initProject, openProject, type Project, type StackInput } from '@stack/project';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

// The command's package: the integration of this machine is one of its dependencies.
const integrationsFrom = [join(import.meta.dirname, '..', '..', '..', 'cli')];

const diskSource = './flavors/disk.ts#diskFlavor';

const diskFlavor = `
import { artifactStoreConfig, defineFlavor, secretField } from '@stack/core';
import * as z from 'zod';
export const diskFlavor = defineFlavor({
  type: 'artifact-store',
  name: 'disk',
  configVersion: 2,
  migrations: { 1: ({ config: { root, ...config } }) => ({ config: { ...config, path: root } }) },
  configSchema: artifactStoreConfig({ schemes: ['disk://'] }).extend({
    accessKey: secretField().optional(),
    maxRetries: z.int().min(0).default(3),
    hosts: z.array(z.string()).optional(),
  }),
  settingsSchema: z.object({ chunkSize: z.int().optional() }),
  implementation: () => import('not-installed'),
});
`;

const files = {
  name: 'files',
  flavor: 'disk',
  source: diskSource,
  config: { path: 'disk://a', accessKey: '{{disk.key}}', hosts: ['b', 'a'] },
  settings: { chunkSize: 5 },
  labels: { owner: 'yes', version: '1.0' },
};

/** A stack with one component of its own, changed as given. */
function prod(changes: Partial<StackInput> & { readonly files?: object } = {}): StackInput {
  const { files: fileChanges, ...rest } = changes;
  return {
    name: 'prod',
    labels: { team: 'vision' },
    components: { orchestrator: 'default', 'artifact-store': { ...files, ...fileChanges } },
    ...rest,
  };
}

/** As `prod`, on the artifact store of the default stack: its own component is gone. */
const withoutFiles: StackInput = prod({ components: { orchestrator: 'default', 'artifact-store': 'default' } });

const opened: { root: string; project: Project }[] = [];

async function newProject(): Promise<Project> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'stack-documents-')));
  await mkdir(join(root, 'flavors'));
  await writeFile(join(root, 'flavors', 'disk.ts'), diskFlavor);
  const { project } = await initProject(root, { integrationsFrom });
  opened.push({ root, project });
  return project;
}

let project: Project;

beforeEach(async () => {
  project = await newProject();
});

afterEach(async () => {
  for (const { root, project: made } of opened.splice(0)) {
    await made[Symbol.asyncDispose]();
    await rm(root, { recursive: true });
  }
});

async function failure(promise: Promise<unknown>): Promise<StackError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!StackError.is(error)) throw new Error('expected a StackError', { cause: error });
  return error;
}

async function text(of: Project, reference: string): Promise<string> {
  return formatStackDocument(await of.documents.export(reference));
}

/** Everything that a failed import or apply must leave as it was. */
async function everything(of: Project): Promise<unknown> {
  const { flavors } = await of.flavors.list();
  return [await of.components.list(), await of.stacks.list(), flavors.map(({ type, name }) => `${type}/${name}`)];
}

describe('export and import', () => {
  it('a stack, exported, imported into a second project and exported again, is the same to the byte', async () => {
    await project.documents.import(prod());
    const exported = await text(project, 'prod');
    const second = await newProject();
    const imported = await second.documents.import(await project.documents.export('prod'));
    expect(imported).toMatchObject({ action: 'create', flavors: [{ name: 'disk', source: diskSource }] });
    expect(await text(second, 'prod')).toBe(exported);
    expect(exported).toBe(
      `version: 1
name: prod
labels:
  team: vision
components:
  orchestrator:
    - name: default
      flavor: local
      package: "@stack/integration-local"
      configVersion: 1
  artifact-store:
    - name: files
      flavor: disk
      source: ./flavors/disk.ts#diskFlavor
      configVersion: 2
      config:
        path: disk://a
        accessKey: "{{disk.key}}"
        hosts:
          - b
          - a
      settings:
        chunkSize: 5
      labels:
        owner: yes
        version: "1.0"
`,
    );
  });

  it('the default stack is exported like others, and an import of it finds it there', async () => {
    const second = await newProject();
    const before = await everything(second);
    const result = await second.documents.import(await project.documents.export('default'), { onConflict: 'fail' });
    expect(result).toMatchObject({ name: 'default', action: 'reuse' });
    expect(result.components.map(({ action }) => action)).toEqual(['reuse', 'reuse']);
    expect(await everything(second)).toEqual(before);
  });

  it('a stack that was exported and deleted comes back by an import', async () => {
    await project.documents.import(prod());
    const document = await project.documents.export('prod');
    await project.stacks.remove('prod');
    await project.components.remove('artifact-store', 'files');
    await project.documents.import(document);
    expect(await project.documents.export('prod')).toEqual(document);
  });

  it('an import under another name reuses identical components', async () => {
    await project.documents.import(prod());
    const document = await project.documents.export('prod');
    const result = await project.documents.import(document, { name: 'prod-again' });
    expect(result).toMatchObject({ name: 'prod-again', action: 'create' });
    const [first, again] = [await project.stacks.get('prod'), await project.stacks.get('prod-again')];
    expect(again.id).not.toBe(first.id);
    expect(again.components.map(({ id }) => id)).toEqual(first.components.map(({ id }) => id));
    expect(await project.components.list({ type: 'artifact-store' })).toHaveLength(2);
  });

  it('an import that is repeated changes nothing', async () => {
    await project.documents.import(prod());
    const before = await everything(project);
    expect(await project.documents.import(prod())).toMatchObject({ action: 'reuse' });
    expect(await everything(project)).toEqual(before);
  });

  it('a component that differs is a conflict that says in what, and nothing is imported', async () => {
    await project.documents.import(prod());
    const before = await everything(project);
    const other = prod({
      name: 'other',
      files: { config: { path: 'disk://b' }, labels: {} },
    });
    const error = await failure(project.documents.import(other));
    expect(error.code).toBe('ALREADY_EXISTS');
    expect(error.message).toContain('config.path: disk://a here, disk://b in the document');
    expect(error.message).toContain('config.hosts: ["b","a"] here, nothing in the document');
    expect(await everything(project)).toEqual(before);
  });

  it('a stack of the same name with other components is a conflict', async () => {
    await project.documents.import(prod());
    const error = await failure(project.documents.import(withoutFiles));
    expect(error).toMatchObject({ code: 'ALREADY_EXISTS', hint: expect.stringContaining('--name') });
    expect(error.message).toContain('artifact-store: files here, default in the document');
  });

  it('with "rename" what differs gets a name that is free, once', async () => {
    await project.documents.import(prod());
    const other = prod({ files: { config: { path: 'disk://b' } } });
    const first = await project.documents.import(other, { onConflict: 'rename' });
    expect(first).toMatchObject({ name: 'prod-2', action: 'create' });
    expect(first.components).toContainEqual(
      expect.objectContaining({ name: 'files-2', action: 'create', renamedFrom: 'files' }),
    );
    const again = await project.documents.import(other, { onConflict: 'rename' });
    expect(again).toMatchObject({ name: 'prod-2', action: 'reuse' });
    expect((await project.stacks.get('prod')).components.map(({ name }) => name)).toContain('files');
  });

  it('with "fail" every taken name is an error, except those of the default stack', async () => {
    await project.documents.import(prod(), { onConflict: 'fail' });
    const error = await failure(project.documents.import(prod(), { onConflict: 'fail' }));
    expect(error.problems?.map(({ path }) => path)).toEqual(['components.artifact-store.0', 'name']);
  });

  it('a dry run says what it would do and does nothing', async () => {
    const before = await everything(project);
    const result = await project.documents.import(prod(), { dryRun: true });
    expect(result).toMatchObject({ action: 'create', flavors: [{ name: 'disk' }] });
    expect(await everything(project)).toEqual(before);
  });

  it('all problems are reported at once, a secret in clear without its value, and nothing is imported', async () => {
    const before = await everything(project);
    const broken = prod({
      components: {
        orchestrator: { name: 'here', flavor: 'locl', config: {} },
        'artifact-store': { ...files, config: { path: 'disk://a', accessKey: 'abc123', maxRetris: 3 } },
      },
    });
    const error = await failure(project.documents.import(broken));
    expect(error.problems).toEqual([
      expect.objectContaining({ path: 'components.orchestrator.0', code: 'FLAVOR_NOT_FOUND' }),
      expect.objectContaining({ path: 'components.artifact-store.0.config.maxRetris', code: 'OPTION_UNKNOWN' }),
      expect.objectContaining({ path: 'components.artifact-store.0.config.accessKey' }),
    ]);
    expect(error.message).toContain('is a secret, and is not stored in clear');
    expect(error.message).not.toContain('abc123');
    expect(await everything(project)).toEqual(before);
  });

  it('a config of an older version is brought to that of the flavor', async () => {
    await project.documents.import(prod({ files: { configVersion: 1, config: { root: 'disk://old' } } }));
    const [record] = await project.components.list({ flavor: 'disk' });
    expect(record).toMatchObject({ configVersion: 2, config: { path: 'disk://old' } });
    const error = await failure(project.documents.import(prod({ name: 'new', files: { configVersion: 3 } })));
    expect(error.code).toBe('CONFIG_TOO_NEW');
  });

  it('a flavor whose file is not there, or is another, is an error', async () => {
    const missing = await failure(project.documents.import(prod({ files: { source: './none.ts#x' } })));
    expect(missing.code).toBe('MODULE_NOT_FOUND');
    const other = await failure(project.documents.import(prod({ files: { flavor: 'disc' } })));
    expect(other).toMatchObject({ code: 'FLAVOR_NOT_FOUND', hint: 'Write flavor: disk' });
  });

  it('the name of a component that exists may stand for it, and one that does not is an error', async () => {
    const stack = (name: string) => prod({ components: { orchestrator: name, 'artifact-store': 'default' } });
    expect(await failure(project.documents.import(stack('none')))).toMatchObject({ code: 'COMPONENT_NOT_FOUND' });
    expect(await project.documents.import(stack('default'))).toMatchObject({ action: 'create' });
  });

  it('reads what ZenML exports, and says what it could not map', async () => {
    await project.flavors.register({ type: 'artifact-store', source: diskSource });
    const result = await project.documents.import({
      zenml_version: '0.70.0',
      stack_name: 'aws stack',
      components: {
        orchestrator: { name: 'default', flavor: 'local', configuration: {} },
        artifact_store: {
          name: 'bucket',
          flavor: 'disk',
          configuration: { path: 'disk://bucket', max_retries: '7', client_kwargs: { a: 1 }, access_key: null },
        },
        model_registry: { name: 'mlflow', flavor: 'mlflow', configuration: {} },
      },
    });
    expect(result).toMatchObject({ name: 'aws-stack', action: 'create' });
    expect(result.unmapped.map(({ path }) => path)).toEqual([
      'artifact-store:bucket.client_kwargs',
      'model-registry:mlflow',
    ]);
    const stack = await project.stacks.get('aws-stack');
    expect(stack.components).toMatchObject([
      { name: 'default', isProtected: true },
      { name: 'bucket', config: { path: 'disk://bucket', maxRetries: 7 } },
    ]);
  });

  it('a ZenML stack that is none without what could not be mapped is refused, with that', async () => {
    const before = await everything(project);
    const error = await failure(
      project.documents.import({
        zenml_version: '0.70.0',
        stack_name: 'aws',
        components: {
          orchestrator: { name: 'default', flavor: 'local', configuration: {} },
          artifact_store: { name: 'bucket', flavor: 's3', configuration: { path: 's3://a' } },
        },
      }),
    );
    expect(error.code).toBe('STACK_INVALID');
    expect(error.message).toContain('artifact-store:bucket: was left out: there is no flavor "s3"');
    expect(await everything(project)).toEqual(before);
  });
});

describe('plan and apply', () => {
  const summary = async (input: StackInput) =>
    (await project.documents.plan(input)).changes.map(
      ({ action, kind, name, cause, fields }) =>
        `${action} ${kind} ${name} ${cause}: ${fields.map(({ path }) => path)}`,
    );

  it('a plan says what would be created, changes nothing, and is empty once it was applied', async () => {
    const before = await everything(project);
    expect(await summary(prod())).toEqual([
      'create flavor disk document: source',
      'create component files document: flavor,source,config.path,config.accessKey,config.hosts,settings.chunkSize,labels.owner,labels.version',
      'create stack prod document: components.orchestrator,components.artifact-store,labels.team',
    ]);
    expect(await everything(project)).toEqual(before);
    await project.documents.apply(prod());
    expect(await summary(prod())).toEqual([]);
    const after = await everything(project);
    await project.documents.apply(prod());
    expect(await everything(project)).toEqual(after);
  });

  it('what was exported is as the document says', async () => {
    await project.documents.apply(prod());
    const exported = await project.documents.export('prod');
    expect((await project.documents.plan(exported)).changes).toEqual([]);
  });

  it('a component is changed in place, field by field', async () => {
    await project.documents.apply(prod());
    const { id } = await project.components.get('artifact-store', 'files');
    const changed = prod({ files: { config: { path: 'disk://b', hosts: ['b', 'a'] } } });
    const { changes } = await project.documents.apply(changed);
    expect(changes).toEqual([
      {
        action: 'update',
        kind: 'component',
        type: 'artifact-store',
        name: 'files',
        cause: 'document',
        fields: [
          { path: 'config.path', before: 'disk://a', after: 'disk://b', cause: 'document' },
          { path: 'config.accessKey', before: '{{disk.key}}', after: undefined, cause: 'document' },
        ],
      },
    ]);
    expect(await project.components.get('artifact-store', 'files')).toMatchObject({
      id,
      config: { path: 'disk://b', hosts: ['b', 'a'] },
    });
    expect(await summary(changed)).toEqual([]);
  });

  it('a component of another flavor takes the place of one, also in other stacks', async () => {
    await project.documents.apply(prod());
    await project.stacks.register({
      name: 'other',
      components: { orchestrator: ['default'], 'artifact-store': ['files'] },
    });
    const { id } = await project.components.get('artifact-store', 'files');
    const local = { name: 'files', flavor: 'local', config: { path: './data' } };
    const changed = prod({ components: { orchestrator: 'default', 'artifact-store': local } });
    expect((await project.documents.apply(changed)).changes).toMatchObject([{ action: 'replace', name: 'files' }]);
    const replaced = await project.components.get('artifact-store', 'files');
    expect(replaced).toMatchObject({ flavor: 'local', config: { path: './data' } });
    expect(replaced.id).not.toBe(id);
    for (const name of ['prod', 'other']) {
      expect((await project.stacks.get(name)).components.map((component) => component.id)).toContain(replaced.id);
    }
    expect(await project.components.list({ type: 'artifact-store' })).toHaveLength(2);
    expect(await summary(changed)).toEqual([]);
    // What took its place is managed like it.
    await project.stacks.remove('other');
    expect(await summary(withoutFiles)).toContain('delete component files document: ');
  });

  it('what the document no longer has is deleted when applying made it', async () => {
    await project.documents.apply(prod());
    expect(await summary(withoutFiles)).toEqual([
      'update stack prod document: components.artifact-store',
      'delete component files document: ',
    ]);
    await project.documents.apply(withoutFiles);
    const left = (await project.components.list()).map(({ type, name }) => `${type} ${name}`);
    const stores = ['secret-store default', 'secret-store environment'];
    expect(left).toEqual(['artifact-store default', 'orchestrator default', ...stores]);
    expect(await summary(withoutFiles)).toEqual([]);
  });

  it('what was registered by other means is changed, and never deleted', async () => {
    await project.documents.import(prod());
    await project.documents.apply(prod());
    expect(await summary(withoutFiles)).toEqual(['update stack prod document: components.artifact-store']);
    await project.documents.apply(withoutFiles);
    expect(await project.components.get('artifact-store', 'files')).toMatchObject({ flavor: 'disk' });
  });

  it('what another stack has too is kept', async () => {
    await project.documents.apply(prod());
    await project.stacks.register({
      name: 'other',
      components: { orchestrator: ['default'], 'artifact-store': ['files'] },
    });
    const plan = await project.documents.apply(withoutFiles);
    expect(plan.kept).toEqual([{ type: 'artifact-store', name: 'files', stacks: ['other'] }]);
    await project.stacks.remove('other');
    expect(await summary(withoutFiles)).toEqual(['delete component files document: ']);
  });

  it('drift is told from a change of the document', async () => {
    await project.documents.apply(prod());
    // Another document changes the component, and commands change the stack.
    await project.documents.apply(
      prod({ name: 'other', files: { config: { path: 'disk://c' }, labels: { owner: 'me' } } }),
    );
    await project.stacks.update('prod', { labels: { team: 'audio' }, components: { 'artifact-store': ['default'] } });
    const desired = prod({ labels: { team: 'vision', stage: 'live' }, files: { labels: { owner: 'us' } } });
    const { changes } = await project.documents.plan(desired);
    expect(changes).toMatchObject([
      { action: 'update', kind: 'component', cause: 'both' },
      { action: 'update', kind: 'stack', cause: 'both' },
    ]);
    expect(changes.flatMap(({ fields }) => fields)).toEqual([
      { path: 'config.path', before: 'disk://c', after: 'disk://a', cause: 'drift' },
      { path: 'config.accessKey', before: undefined, after: '{{disk.key}}', cause: 'drift' },
      { path: 'config.hosts', before: undefined, after: ['b', 'a'], cause: 'drift' },
      { path: 'labels.owner', before: 'me', after: 'us', cause: 'both' },
      { path: 'components.artifact-store', before: ['default'], after: ['files'], cause: 'drift' },
      { path: 'labels.team', before: 'audio', after: 'vision', cause: 'drift' },
      { path: 'labels.stage', before: undefined, after: 'live', cause: 'document' },
    ]);
    await project.documents.apply(desired);
    expect(await summary(desired)).toEqual([]);
  });

  it('a component that was deleted since is drift, and comes back', async () => {
    await project.documents.apply(prod());
    await project.stacks.update('prod', { components: { 'artifact-store': ['default'] } });
    await project.components.remove('artifact-store', 'files');
    expect(await summary(prod())).toEqual([
      expect.stringMatching(/^create component files drift: /),
      'update stack prod drift: components.artifact-store',
    ]);
    await project.documents.apply(prod());
    expect(await summary(prod())).toEqual([]);
  });

  it('a stack that was deleted since is made again, and its document deletes nothing that it did not make anew', async () => {
    await project.documents.apply(prod());
    await project.stacks.remove('prod');
    expect(await summary(prod())).toEqual([expect.stringMatching(/^create stack prod document: /)]);
    await project.documents.apply(prod());
    expect(await summary(withoutFiles)).toEqual(['update stack prod document: components.artifact-store']);
  });

  it('two clients that apply at once end with what one of them wanted, whole', async () => {
    const stacks = ['disk://a', 'disk://b'].map((path) => prod({ files: { config: { path } }, labels: { path } }));
    await using second = await openProject({ from: project.root, integrationsFrom });
    await Promise.allSettled([project, second].map((each, index) => each.documents.apply(stacks[index] ?? prod())));
    const { labels, components } = await project.stacks.get('prod');
    const { config } = components.find(({ name }) => name === 'files') ?? {};
    expect(labels.path).toBe(config?.path);
    expect(await project.components.list({ flavor: 'disk' })).toHaveLength(1);
  });

  it('the default stack and its parts are not changed', async () => {
    const renamed = { name: 'default', flavor: 'local', config: { path: './elsewhere' } };
    const changed = prod({ components: { orchestrator: 'default', 'artifact-store': renamed } });
    const before = await everything(project);
    expect(await failure(project.documents.plan(changed))).toMatchObject({
      code: 'PROTECTED',
      message: expect.stringContaining('config.path'),
    });
    expect(await failure(project.documents.apply({ ...withoutFiles, name: 'default' }))).toMatchObject({
      code: 'PROTECTED',
    });
    expect(await everything(project)).toEqual(before);
    const exported = await project.documents.export('default');
    expect((await project.documents.plan(exported)).changes).toEqual([]);
  });

  it('a stack that lacks a part is refused', async () => {
    const lacking = { name: 'prod', components: { orchestrator: 'default' } };
    expect(await failure(project.documents.apply(lacking))).toMatchObject({ code: 'STACK_INVALID' });
  });

  it('the code, the YAML and the JSON of a stack are one document', async () => {
    const write = (path: string, content: string) => writeFile(join(project.root, path), content);
    await write(
      'stack.config.ts',
      `import { defineComponent, defineStack } from '@stack/project';
       import { diskFlavor } from './flavors/disk.ts';
       export default defineStack({
         name: 'prod',
         labels: { team: 'vision' },
         components: {
           orchestrator: 'default',
           'artifact-store': defineComponent(diskFlavor, {
             name: 'files',
             source: 'flavors/disk.ts#diskFlavor',
             config: { path: 'disk://a', accessKey: '{{disk.key}}', hosts: ['b', 'a'], maxRetries: undefined },
             settings: { chunkSize: 5 },
             labels: { owner: 'yes', version: '1.0' },
           }),
         },
       });`,
    );
    const code = await project.documents.load();
    await project.documents.apply(code.input, code.file);
    await write('stack.yaml', await text(project, 'prod'));
    await write('stack.json', JSON.stringify(prod()));
    expect(await failure(project.documents.load())).toMatchObject({ code: 'AMBIGUOUS' });
    for (const name of ['stack.config.ts', 'stack.yaml', 'stack.json']) {
      const { file, input } = await project.documents.load(join(project.root, name));
      expect([dirname(file), (await project.documents.plan(input)).changes]).toEqual([project.root, []]);
    }
  });
});
