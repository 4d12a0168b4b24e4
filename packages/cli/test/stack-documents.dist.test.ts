import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { diskFlavor, runStack, stack, stackJson, temporaryFolder, writeFiles } from './run-stack.ts';

const folders = [temporaryFolder(), temporaryFolder()] as const;
const [first, second] = [folders[0].path, folders[1].path];

const code = `
import { defineComponent, defineStack } from '@stack/project';
import { diskFlavor } from './flavors/disk.ts';
export default defineStack({
  name: 'prod',
  labels: { team: 'vision' },
  components: {
    orchestrator: 'default',
    'artifact-store': defineComponent(diskFlavor, {
      name: 'files',
      source: './flavors/disk.ts#diskFlavor',
      config: { path: 'disk://a', accessKey: '{{disk.key}}' },
    }),
  },
});
`;

const exported = `# yaml-language-server: $schema=../.stack/stack.schema.json

version: 1
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
      configVersion: 1
      config:
        path: disk://a
        accessKey: "{{disk.key}}"
`;

beforeAll(() => {
  for (const folder of [first, second]) {
    writeFiles(folder, { 'flavors/disk.ts': diskFlavor, 'stacks/.keep': '' });
    stack(folder, 'init');
  }
});

afterAll(() => {
  for (const folder of folders) folder[Symbol.dispose]();
});

describe('a stack as code', () => {
  it('is planned, applied, and then as the file says', () => {
    expect(runStack(first, ['plan'])).toMatchObject({ status: 3, stderr: expect.stringContaining('FILE_NOT_FOUND') });
    writeFiles(first, { 'stack.config.ts': code });
    const plan = stack(first, 'plan');
    expect(plan).toContain('+   create flavor artifact-store/disk: new\n      source: ./flavors/disk.ts#diskFlavor');
    expect(plan).toMatch(/create artifact-store "files": new\n(?: {6}.*\n)* {6}config\.path: disk:\/\/a\n/);
    expect(plan).toContain('Do it: stack apply');
    expect(stack(first, 'apply', '--dry-run')).toContain('To make the stack "prod"');
    expect(stack(first, 'list')).not.toContain('prod');
    expect(stack(join(first, 'flavors'), 'apply')).toContain('The stack "prod" is now as ../stack.config.ts says:');
    expect(stackJson(first, 'plan')).toMatchObject({ ok: true, data: { isEmpty: true, changes: [], kept: [] } });
    expect(JSON.parse(readFileSync(join(first, '.stack', 'stack.schema.json'), 'utf8'))).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      properties: { components: { properties: { 'artifact-store': {} } } },
    });
  });

  it('shows what was changed by command since as drift', () => {
    stack(first, 'update', 'prod', '--artifact-store', 'default');
    const plan = stack(first, 'plan');
    expect(plan).toContain('~   update stack "prod": it was changed by other means since it was applied');
    expect(plan).toContain('components.artifact-store: ["default"] -> ["files"]');
    stack(first, 'apply');
    expect(stack(first, 'plan')).toBe('The stack "prod" is as stack.config.ts says.\n');
  });

  it('that is broken is refused with everything that is wrong, by path', () => {
    const broken = 'name: prod\ncomponents: { orchestrator: { name: a, flavor: locl }, artifact-store: none }\n';
    writeFiles(first, { 'stacks/broken.yaml': broken, 'stacks/torn.yaml': 'name: [\n' });
    const { ok, error } = stackJson(join(first, 'stacks'), 'apply', 'broken.yaml');
    expect(ok).toBe(false);
    expect(error.message).toMatch(/^broken\.yaml is not valid:/);
    expect(error.problems?.map(({ path }) => path)).toEqual([
      'components.orchestrator.0',
      'components.artifact-store.0',
    ]);
    const torn = runStack(first, ['plan', 'stacks/torn.yaml']);
    expect(torn).toMatchObject({ status: 2, stderr: expect.stringMatching(/CONFIG_INVALID: .*line 2/) });
  });
});

describe('stack export and stack import', () => {
  it('take a stack to a second project, and back to the same bytes', () => {
    stack(first, 'export', 'prod', 'stacks/prod.yaml');
    expect(readFileSync(join(first, 'stacks', 'prod.yaml'), 'utf8')).toBe(exported);
    expect(existsSync(join(first, 'stacks', '../.stack/stack.schema.json'))).toBe(true);
    const file = join(first, 'stacks', 'prod.yaml');
    expect(stack(second, 'import', file, '--dry-run')).toMatch(
      /This is a dry run[\s\S]*register +artifact-store flavor +disk/,
    );
    expect(stack(second, 'import', file)).toMatch(/Imported the stack "prod"[\s\S]*create +artifact-store +files/);
    expect(stack(second, 'import', file)).toContain('The stack "prod" is there already');
    stack(second, 'export', 'prod', 'stacks/prod.yaml');
    expect(readFileSync(join(second, 'stacks', 'prod.yaml'), 'utf8')).toBe(exported);
    expect(runStack(second, ['export', 'prod', 'stacks/prod.yaml'])).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('--force'),
    });
    stack(second, 'export', 'prod', 'stacks/prod.json', '--force');
    expect(stackJson(second, 'plan', 'stacks/prod.json')).toMatchObject({ data: { isEmpty: true } });
    // What is printed is for a file at the root.
    expect(stack(second, 'export', 'prod')).toBe(exported.replace('=../.stack', '=.stack'));
  });

  it('never ask: a name that is taken is an error, another name, or reused', () => {
    writeFiles(second, { 'other.yaml': exported.replace('disk://a', 'disk://b') });
    const refused = runStack(second, ['import', 'other.yaml']);
    expect(refused.status).toBe(4);
    expect(refused.stderr).toContain('config.path: disk://a here, disk://b in the document');
    expect(stack(second, 'import', 'other.yaml', '--on-conflict=rename')).toMatch(
      /"prod-2"[\s\S]*files-2 +"files" in the file/,
    );
    expect(stackJson(second, 'import', 'other.yaml', '--on-conflict=ask')).toMatchObject({
      error: { code: 'ARGUMENT_INVALID', message: expect.stringContaining('reuse, rename, fail') },
    });
    const named = stackJson(second, 'import', 'stacks/prod.yaml', '--name', 'mine');
    expect(named).toMatchObject({
      data: { name: 'mine', action: 'create', components: [{ action: 'reuse' }, { action: 'reuse' }] },
    });
  });

  it('read what ZenML exports, and warn of what could not be mapped', () => {
    const zenml = `zenml_version: 0.84.1
stack_name: from zenml
components:
  orchestrator: { name: default, flavor: local, configuration: {} }
  artifact_store:
    name: bucket
    flavor: disk
    configuration: { path: 'disk://c', max_retries: '5', client_kwargs: { region: a } }
  experiment_tracker: { name: tracker, flavor: mlflow, configuration: {} }
`;
    writeFiles(second, { 'zenml.yaml': zenml });
    const imported = stackJson<{ unmapped: { path: string }[] }>(second, 'import', 'zenml.yaml');
    expect(imported).toMatchObject({ ok: true, data: { name: 'from-zenml', action: 'create' } });
    expect(imported.warnings).toEqual([
      expect.objectContaining({
        code: 'IMPORT_INCOMPLETE',
        message: expect.stringContaining('artifact-store:bucket.client_kwargs'),
      }),
      expect.objectContaining({
        code: 'IMPORT_INCOMPLETE',
        message: expect.stringContaining('experiment-tracker:tracker'),
      }),
    ]);
    expect(stackJson(second, 'artifact-store', 'describe', 'bucket')).toMatchObject({
      data: { config: { path: 'disk://c', maxRetries: 5 } },
    });
  });
});
