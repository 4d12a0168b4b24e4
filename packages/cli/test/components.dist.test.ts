import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type JsonDocument, runStack, stack, stackJson, temporaryFolder, writeFiles } from './run-stack.ts';

const folder = temporaryFolder();
const root = folder.path;

function flavor(config: string, rest = ''): string {
  return `
    import { ArtifactStore, artifactStoreConfig, defineFlavor, secretField } from '@stack/core';
    import * as z from 'zod';
    export const diskFlavor = defineFlavor({
      type: 'artifact-store',
      name: 'disk',
      configSchema: artifactStoreConfig({ schemes: ['disk://'] }).extend({ ${config} }),
      settingsSchema: z.object({ chunkSize: z.int().optional() }),
      implementation: async () => ({ default: ArtifactStore }),
      ${rest}
    });
  `;
}

const fields = `accessKey: secretField().optional(), maxRetries: z.int().default(3), verbose: z.boolean().optional(),
  client: z.object({ certificate: z.string().optional(), region: z.string().optional() }).optional()`;

beforeAll(() => {
  writeFiles(root, {
    'flavors/disk.ts': flavor(fields),
    'flavors/disk-2.ts': flavor(
      `${fields}, host: z.string()`,
      `configVersion: 2, migrations: { 1: ({ config }) => ({ config: { ...config, host: 'old' } }) },`,
    ),
    'below/prod.yaml': 'path: disk://file\nmaxRetries: 1\nclient: { region: eu }\nchunkSize: 5\n',
    'below/certificate.pem': '-----BEGIN-----\nabc\n-----END-----\n',
    'below/list.yaml': '- path\n',
    'below/broken.json': '{"path": ',
  });
  stack(root, 'init');
  stack(root, 'artifact-store', 'flavor', 'register', 'flavors/disk.ts#diskFlavor');
});

afterAll(() => folder[Symbol.dispose]());

function failing(...words: string[]): JsonDocument & { readonly status: number | null } {
  const { status, stdout } = runStack(join(root, 'below'), [...words, '--json']);
  const document = JSON.parse(stdout) as JsonDocument;
  expect(document.ok, stdout).toBe(false);
  return { ...document, status };
}

describe('a component by command', () => {
  it('is registered from a file and options, which go before it; a value may come from a file too', () => {
    const words = 'artifact-store register prod --flavor disk --config prod.yaml --max-retries=4 --label team=a'.split(
      ' ',
    );
    const more = ['--client.certificate=@certificate.pem', '--set', 'path=disk://@home'];
    const dry = stackJson<object>(join(root, 'below'), ...words, ...more, '--dry-run');
    expect(dry).toMatchObject({ ok: true, data: { name: 'prod', dryRun: true } });
    expect(failing('artifact-store', 'describe', 'prod').error.code).toBe('COMPONENT_NOT_FOUND');
    expect(stackJson(join(root, 'below'), ...words, ...more).data).toMatchObject({
      name: 'prod',
      flavor: 'disk',
      labels: { team: 'a' },
      config: {
        path: 'disk://@home',
        maxRetries: 4,
        client: { region: 'eu', certificate: '-----BEGIN-----\nabc\n-----END-----' },
      },
      settings: { chunkSize: 5 },
    });
  });

  it('is updated, shows what is different, and is as before after a dry run', () => {
    const words = 'artifact-store update prod --max-retries=5 --verbose --label stage=x --remove-label team'.split(' ');
    const expected = ['~ config.maxRetries=4 -> 5', '+ config.verbose=true', '- labels.team=a', '+ labels.stage=x'];
    const dry = stack(root, ...words, '--dry-run');
    expect(dry).toContain('Would update the artifact-store "prod". Nothing was written.');
    const done = stack(root, ...words);
    expect(done).toContain('Updated the artifact-store "prod".');
    for (const line of expected) {
      expect(dry).toContain(line);
      expect(done).toContain(line);
    }
    expect(stack(root, 'artifact-store', 'update', 'prod', '--help')).toMatch(/--access-key\s+string\s+secret/);
    expect(stackJson(root, 'artifact-store', 'update', 'prod', '--set', 'client.region=@@us').data).toMatchObject({
      config: { client: { region: '@us' } },
      changes: [{ path: 'config.client.region', before: 'eu', after: '@us' }],
    });
  });

  it('that is changed wrongly is not changed, and the command says why', () => {
    const cases = [
      ['update prd --max-retries=1', 'COMPONENT_NOT_FOUND', 3],
      ['update prod --max-retires=1', 'OPTION_UNKNOWN', 2],
      ['update prod --name=x', 'OPTION_UNKNOWN', 2],
      ['update prod --access-key=hunter2', 'CONFIG_INVALID', 2],
      ['update prod --config list.yaml', 'CONFIG_INVALID', 2],
      ['update prod --config broken.json', 'CONFIG_INVALID', 2],
      ['update prod --config none.yaml', 'FILE_NOT_FOUND', 3],
      ['update prod --path=@none.txt', 'FILE_NOT_FOUND', 3],
      ['update default --path=x', 'PROTECTED', 4],
      ['remove-attribute prod max-retires', 'ATTRIBUTE_NOT_FOUND', 3],
      ['remove-attribute prod path', 'CONFIG_INVALID', 2],
      ['remove-attribute default path', 'PROTECTED', 4],
      ['rename prod default', 'ALREADY_EXISTS', 4],
      ['rename default x', 'PROTECTED', 4],
      ['copy prod default', 'ALREADY_EXISTS', 4],
      ['list --limit=0', 'ARGUMENT_INVALID', 2],
      ['flavor delete disk', 'IN_USE', 4],
    ] as const;
    expect(failing('artifact-store', 'update', 'prod', '--path=@acme/pkg').error).toMatchObject({
      message: expect.stringMatching(/^--path: There is no file .*below\/acme\/pkg\.$/),
      hint: 'For a value that begins with @, write --path=@@acme/pkg',
    });
    for (const [words, code, status] of cases) {
      const { error, ...result } = failing('artifact-store', ...words.split(' '));
      expect([words, error.code, result.status]).toEqual([words, code, status]);
      expect(JSON.stringify(error)).not.toContain('hunter2');
    }
  });

  it('is copied, renamed, listed in pages, loses attributes, is the active one, and is deleted', () => {
    stack(root, 'artifact-store', 'copy', 'prod', 'second');
    stack(root, 'artifact-store', 'rename', 'second', 'a-copy');
    expect(stack(root, 'artifact-store', 'remove-attribute', 'a-copy', 'client', 'chunk-size')).toContain(
      '- settings.chunkSize=5',
    );
    const names = (...words: string[]) =>
      stackJson<{ name: string }[]>(root, 'artifact-store', 'list', ...words).data.map(({ name }) => name);
    expect(names('--limit=2')).toEqual(['a-copy', 'default']);
    expect(stack(root, 'artifact-store', 'list', '--limit=2')).toMatch(/\nThere is more: --after=default\n$/);
    expect(stack(root, 'artifact-store', 'list', '--limit=3')).not.toContain('There is more');
    expect(names('--limit=2', '--after=default')).toEqual(['prod']);
    expect(names('--flavor=disk', '--label', 'stage=x', '--name', '*o*')).toEqual(['a-copy', 'prod']);
    expect(stack(root, 'artifact-store', 'get')).toBe('default\n');
    expect(stack(root, 'artifact-store', 'delete', 'a-copy', '--dry-run')).toContain('Would delete');
    expect(stack(root, 'artifact-store', 'delete', 'a-copy')).toBe('Deleted the artifact-store "a-copy".\n');
    expect(names('--name=a-copy')).toEqual([]);
  });

  it('of a package that is not installed here is listed and described, with what to install', () => {
    using clone = temporaryFolder();
    const schema = { type: 'object', properties: { path: { type: 'string' } } };
    const tape = { type: 'artifact-store', name: 'tape', export: 'diskFlavor', configVersion: 1, configSchema: schema };
    const described = {
      ...tape,
      settingsSchema: { type: 'object' },
      secretFields: [],
      capabilities: [],
      isLocal: false,
    };
    const manifest = {
      apiVersion: 1,
      package: '@acme/tape',
      version: '1.0.0',
      componentTypes: [],
      flavors: [described],
    };
    writeFiles(clone.path, {
      'package.json': '{ "dependencies": { "@acme/tape": "1.0.0" } }',
      'node_modules/@acme/tape/package.json': JSON.stringify({
        name: '@acme/tape',
        type: 'module',
        exports: './index.js',
        stack: { apiVersion: 1, manifest: './manifest.json' },
      }),
      'node_modules/@acme/tape/manifest.json': JSON.stringify(manifest),
      'node_modules/@acme/tape/index.js': flavor('').replace("'disk'", "'tape'"),
    });
    stack(clone.path, 'init');
    stack(clone.path, 'artifact-store', 'register', 'prod', '--flavor=tape', '--path=disk://a');
    writeFiles(clone.path, { 'package.json': '{}' });
    for (const words of [['list'], ['describe', 'prod']]) {
      expect(stackJson(clone.path, 'artifact-store', ...words)).toMatchObject({
        ok: true,
        warnings: [{ code: 'FLAVOR_NOT_FOUND', hint: 'Install it: npm install @acme/tape' }],
      });
    }
  });

  it('of an older config version is migrated, with what it was kept', () => {
    stack(root, 'artifact-store', 'flavor', 'update', 'flavors/disk-2.ts#diskFlavor');
    expect(stack(root, 'migrate', '--dry-run')).toMatch(
      /^Would migrate the artifact-store "prod":\n {2}~ configVersion=1 -> 2\n {2}\+ config\.host=old\n$/,
    );
    expect(stackJson(root, 'migrate')).toMatchObject({ data: { migrated: [{ name: 'prod' }] } });
    expect(stack(root, 'migrate')).toBe('All components are up to date.\n');
    expect(stackJson(root, 'artifact-store', 'describe', 'prod').data).toMatchObject({
      configVersion: 2,
      earlierVersions: [{ configVersion: 1 }],
    });
  });

  it('that is newer than its flavor is a problem of migrate; a flavor that no component has is deleted', () => {
    stack(root, 'artifact-store', 'flavor', 'update', 'flavors/disk.ts#diskFlavor');
    expect(failing('migrate')).toMatchObject({ status: 5, error: { code: 'CONFIG_TOO_NEW' } });
    stack(root, 'artifact-store', 'flavor', 'update', 'flavors/disk-2.ts#diskFlavor');
    stack(root, 'artifact-store', 'delete', 'prod');
    stack(root, 'artifact-store', 'flavor', 'delete', 'disk');
    expect(stack(root, 'artifact-store', 'flavor', 'list')).not.toContain('disk');
  });
});
