import { isPlainObject, type JsonObject } from '@stack/core';
import type { DocumentComponent, StackDocument } from './stack-document.ts';

/** A ZenML stack as a document, and what of it has no counterpart. */
export interface ZenmlImport {
  readonly document: StackDocument;
  /** One sentence for each thing that was left out or has to be looked at. */
  readonly notes: readonly string[];
}

/** Whether a value is what `zenml stack export` writes. */
export function isZenmlExport(value: unknown): boolean {
  return isPlainObject(value) && 'zenml_version' in value && 'components' in value;
}

/** The names that ZenML and this project have for one field of a flavor. */
const fieldNames: Readonly<Record<string, string>> = {
  key: 'accessKeyId',
  secret: 'secretAccessKey',
  token: 'sessionToken',
};

/**
 * Reads what `zenml stack export` writes: flavors and fields are renamed to the forms used here.
 *
 * @param isKnownFlavor whether a flavor is installed or registered
 * @param isKnownType whether there is such a component type
 */
export function readZenmlExport(
  value: unknown,
  isKnownFlavor: (type: string, name: string) => boolean,
  isKnownType: (type: string) => boolean,
): ZenmlImport {
  const notes: string[] = [];
  const components: DocumentComponent[] = [];
  const exported = isPlainObject(value) && isPlainObject(value.components) ? value.components : {};
  for (const [zenmlType, description] of Object.entries(exported)) {
    const type = zenmlType.replaceAll('_', '-');
    for (const component of [description].flat()) {
      if (!isPlainObject(component)) continue;
      const name = String(component.name ?? type);
      const flavor = String(component.flavor ?? '').replaceAll('_', '-');
      if (!isKnownType(type)) {
        notes.push(`The component "${name}" was left out: there is no component type ${type}.`);
        continue;
      }
      if (!isKnownFlavor(type, flavor)) {
        notes.push(`The component "${name}" was left out: the flavor ${type}/${flavor} is not installed.`);
        continue;
      }
      const configuration = isPlainObject(component.configuration) ? component.configuration : {};
      components.push({ type, name, flavor, config: renameFields(configuration), settings: {}, labels: {} });
    }
  }
  const byType = Map.groupBy(components, ({ type }) => type);
  const stackName = isPlainObject(value) ? String(value.stack_name ?? 'imported') : 'imported';
  const stack = {
    name: stackName.replaceAll(/[^A-Za-z0-9._-]+/g, '-'),
    components: Object.fromEntries([...byType].map(([type, ofType]) => [type, ofType.map(({ name }) => name)])),
    labels: {},
  };
  return { document: { version: 1, flavors: [], components, stacks: [stack] }, notes };
}

/** snake_case to camelCase; nulls, which ZenML writes for what is not set, are dropped. */
function renameFields(configuration: Readonly<Record<string, unknown>>): JsonObject {
  const entries = Object.entries(configuration)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([key, value]) => {
      const camelCase = key.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
      return [fieldNames[key] ?? camelCase, value];
    });
  return Object.fromEntries(entries) as JsonObject;
}
