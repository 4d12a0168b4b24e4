import {
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  isPlainObject,
  type JsonObject,
  type JsonSchema,
  type JsonValue,
  listStackTypes,
  StackError,
} from '@stack/core';
import { discoverIntegrations } from '@stack/core/discovery';
import { initProject, type StackInput, stackDocumentJson } from '@stack/project';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, describe, expect, it } from 'vitest';

// Every integration of this repository, whichever there are.
const repository = join(import.meta.dirname, '..', '..', '..', '..');
const root = realpathSync(mkdtempSync(join(tmpdir(), 'stack-flavors-')));
const dependencies: Record<string, string> = {};
for (const file of globSync('integrations/*/package.json', { cwd: repository })) {
  const { name } = JSON.parse(readFileSync(join(repository, file), 'utf8')) as { name: string };
  dependencies[name] = '*';
  mkdirSync(dirname(join(root, 'node_modules', name)), { recursive: true });
  symlinkSync(dirname(join(repository, file)), join(root, 'node_modules', name));
}
writeFileSync(join(root, 'package.json'), JSON.stringify({ dependencies }));
const stackTypes = listStackTypes().map(({ name }) => name);
const flavors = discoverIntegrations([root]).flavors.filter(({ type }) => stackTypes.includes(type));

const { project } = await initProject(root, { integrationsFrom: [join(import.meta.dirname, '..', '..')] });

afterAll(async () => {
  await project[Symbol.asyncDispose]();
  rmSync(root, { recursive: true });
});

/** A value of every field. A text is a reference to a secret: whatever it has to look like, that is allowed. */
function sample(schema: JsonSchema): JsonValue {
  if (schema.const !== undefined) return schema.const as JsonValue;
  const [option] = schema.anyOf ?? schema.oneOf ?? schema.allOf ?? [];
  if (option !== undefined) return sample(option);
  const [type] = [schema.type].flat();
  if (type === 'object') {
    const properties = Object.entries(schema.properties ?? {}).map(([name, property]) => [name, sample(property)]);
    return Object.fromEntries(properties) as JsonObject;
  }
  if (type === 'array') return isPlainObject(schema.items) ? [sample(schema.items)] : [];
  if (type === 'boolean') return true;
  if (type === 'integer' || type === 'number') return Number(schema.maximum ?? schema.minimum ?? schema.default ?? 1);
  return type === 'null' ? null : '{{sample.key}}';
}

describe('a second plan is empty for the flavor', () => {
  it('of each integration that there is', () => {
    expect(flavors.length).toBeGreaterThan(0);
  });

  it.each(flavors.map((flavor) => [`${flavor.type}/${flavor.name} of ${flavor.package}`, flavor] as const))(
    '%s',
    async (_, flavor) => {
      const { type, name, package: packageName, configSchema, settingsSchema, isLocal } = flavor;
      const own = { name: 'own', flavor: name, package: packageName, labels: { a: 'b' } };
      const component = {
        ...own,
        config: sample(configSchema) as JsonObject,
        settings: sample(settingsSchema) as JsonObject,
      };
      const stack: StackInput = {
        name: `with-${type}-${name}`,
        components: {
          orchestrator: 'default',
          'artifact-store': 'default',
          [type]: [{ ...component, name: `${type}-${name}` }],
        },
      };
      const first = await project.documents.apply(stack).catch((error: unknown) => error);
      if (type === 'orchestrator' && !isLocal) {
        // Steps that run elsewhere cannot reach this store, which is a file: no such stack is made.
        expect(StackError.is(first) && first.problems.map(({ code }) => code)).toEqual([
          'COMPONENT_LOCAL',
          'STORE_LOCAL',
        ]);
        return;
      }
      expect(first).toMatchObject({
        changes: [
          { action: 'create', kind: 'component' },
          { action: 'create', kind: 'stack' },
        ],
      });
      const exported = await project.documents.export(stack.name);
      for (const again of [stack, exported]) expect((await project.documents.plan(again)).changes).toEqual([]);
      // Editors find nothing wrong with it either.
      const schema = JSON.parse(readFileSync(await project.documents.writeSchema(), 'utf8')) as JsonObject;
      const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(schema);
      expect([validate(stackDocumentJson(exported)), validate.errors]).toEqual([true, null]);
    },
  );
});
