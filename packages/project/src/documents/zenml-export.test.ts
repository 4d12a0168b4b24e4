import type { JsonSchema } from '@stack/core';
import { describe, expect, it } from 'vitest';
import { isZenmlExport, readZenmlExport } from './zenml-export.ts';

const text = { type: 'string' } as const;

function flavor(
  type: string,
  name: string,
  config: Record<string, JsonSchema>,
  settings: Record<string, JsonSchema> = {},
) {
  const manifest = {
    type,
    name,
    export: 'x',
    configVersion: 1,
    configSchema: { type: 'object', properties: config },
    settingsSchema: { type: 'object', properties: settings },
    secretFields: [],
    isLocal: false,
    capabilities: [],
  };
  return { type, name, manifest };
}

const targets = {
  types: ['orchestrator', 'artifact-store'],
  flavors: [
    flavor('orchestrator', 'local', {}),
    flavor(
      'orchestrator',
      'vm-azure',
      {
        vmSize: text,
        retries: { type: 'integer' },
        isSpot: { type: 'boolean' },
        zones: { type: 'array', items: text },
        client: { type: 'object', properties: { maxWait: { type: 'number' } } },
        tags: { type: 'object', additionalProperties: text },
      },
      { diskSize: { type: 'integer' } },
    ),
    flavor('artifact-store', 's3', { path: text, secretAccessKey: text }),
  ],
};

function read(components: Record<string, unknown>) {
  const exported = { zenml_version: '0.84.1', stack_name: 'my stack', components };
  return readZenmlExport(exported, targets);
}

const configuration = {
  vm_size: 'B2',
  retries: '3',
  is_spot: 'True',
  zones: '["a", "b"]',
  client: { max_wait: 3, jitter: 1 },
  tags: { cost_center: 'x' },
  disk_size: 100,
  unset: null,
};

describe('readZenmlExport', () => {
  it('finds types, flavors and fields by their names, in whatever spelling', () => {
    const { document, unmapped } = read({ orchestrator: { name: 'my vms!', flavor: 'vm_azure', configuration } });
    expect(document).toEqual({
      version: 1,
      name: 'my-stack',
      labels: {},
      components: {
        orchestrator: [
          {
            name: 'my-vms',
            flavor: 'vm-azure',
            config: {
              vmSize: 'B2',
              retries: 3,
              isSpot: true,
              zones: ['a', 'b'],
              client: { maxWait: 3 },
              tags: { cost_center: 'x' },
            },
            settings: { diskSize: 100 },
            labels: {},
          },
        ],
      },
    });
    expect(unmapped.map(({ path }) => path)).toEqual(['orchestrator:my-vms.client.jitter']);
  });

  it('says by component and field what it could not map, with the nearest name', () => {
    const { document, unmapped } = read({
      artifact_store: [
        {
          name: 'files',
          flavor: 's3',
          configuration: { path: 's3://a', secret: '{{aws.secret}}', secret_acces_key: 'x' },
          connector: 'aws',
          labels: { team: 'a' },
        },
      ],
      model_registry: { name: 'registry', flavor: 'mlflow', configuration: {} },
      orchestrator: { name: 'vms', flavor: 'vm_azur', configuration: {} },
    });
    expect(document.components).toEqual({
      'artifact-store': [
        { name: 'files', flavor: 's3', config: { path: 's3://a' }, settings: {}, labels: { team: 'a' } },
      ],
    });
    expect(unmapped).toEqual([
      expect.objectContaining({ path: 'artifact-store:files.secret', hint: 'Did you mean "secretAccessKey"?' }),
      expect.objectContaining({
        path: 'artifact-store:files.secret_acces_key',
        hint: 'Did you mean "secretAccessKey"?',
      }),
      expect.objectContaining({ path: 'artifact-store:files.connector' }),
      expect.objectContaining({
        path: 'model-registry:registry',
        message: expect.stringContaining('no component type'),
      }),
      expect.objectContaining({ path: 'orchestrator:vms', hint: expect.stringContaining('"vm-azure"') }),
    ]);
    // What was left out may be a secret.
    expect(JSON.stringify(unmapped)).not.toContain('aws.secret');
  });

  it('takes the local components that every ZenML server has for those of the default stack', () => {
    const local = { name: 'default', flavor: 'local', configuration: { path: '' } };
    expect(read({ orchestrator: local, artifact_store: local }).document.components).toEqual({
      orchestrator: ['default'],
      'artifact-store': ['default'],
    });
  });

  it('is told from a document of this project', () => {
    expect(isZenmlExport({ zenml_version: '1', components: {} })).toBe(true);
    expect(isZenmlExport({ version: 1, name: 'a', components: {} })).toBe(false);
  });
});
