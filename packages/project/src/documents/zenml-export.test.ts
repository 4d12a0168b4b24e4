import { describe, expect, it } from 'vitest';
import { isZenmlExport, readZenmlExport } from './zenml-export.ts';

const exported = {
  zenml_version: '0.70.0',
  stack_name: 'aws stack',
  components: {
    orchestrator: { name: 'default', flavor: 'local', configuration: {} },
    artifact_store: {
      name: 'bucket',
      flavor: 's3',
      configuration: {
        path: 's3://bucket',
        key: '{{aws.key}}',
        client_kwargs: { endpoint_url: 'http://x' },
        token: null,
      },
    },
    model_registry: { name: 'mlflow', flavor: 'mlflow', configuration: {} },
  },
};

describe('readZenmlExport', () => {
  const isKnownType = (type: string) => type !== 'model-registry';

  it('renames types and fields, and leaves out what is not set', () => {
    const { document } = readZenmlExport(exported, () => true, isKnownType);
    expect(document.components[1]).toMatchObject({
      type: 'artifact-store',
      name: 'bucket',
      flavor: 's3',
      config: { path: 's3://bucket', accessKeyId: '{{aws.key}}', clientKwargs: { endpoint_url: 'http://x' } },
    });
    expect(document.stacks).toMatchObject([
      { name: 'aws-stack', components: { orchestrator: ['default'], 'artifact-store': ['bucket'] } },
    ]);
  });

  it('says what it could not map', () => {
    const { notes } = readZenmlExport(exported, (_, flavor) => flavor === 'local', isKnownType);
    expect(notes).toEqual([
      'The component "bucket" was left out: the flavor artifact-store/s3 is not installed.',
      'The component "mlflow" was left out: there is no component type model-registry.',
    ]);
  });

  it('is told from a document of this project', () => {
    expect(isZenmlExport(exported)).toBe(true);
    expect(isZenmlExport({ version: 1, components: [] })).toBe(false);
  });
});
