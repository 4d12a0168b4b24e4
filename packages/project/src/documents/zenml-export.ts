import { didYouMean, isPlainObject, type JsonObject, type JsonSchema, type JsonValue, type Problem } from '@stack/core';
import { type FlavorManifest, schemaProperties, schemaTypes } from '@stack/core/manifest';
import type { ComponentInput, StackInput } from './stack-document.ts';

/** What a ZenML export is read with: the component types and flavors that there are. */
export interface ZenmlTargets {
  readonly types: readonly string[];
  readonly flavors: readonly { readonly type: string; readonly name: string; readonly manifest: FlavorManifest }[];
}

/** A ZenML stack as a document, and what of it has no counterpart here. */
export interface ZenmlStack {
  readonly document: StackInput;
  /** By component, `artifact-store:files`, and by field, `artifact-store:files.client_kwargs`. */
  readonly unmapped: readonly Problem[];
}

/** Whether a value is what `zenml stack export` writes. */
export function isZenmlExport(value: unknown): value is { readonly [key: string]: unknown } {
  return isPlainObject(value) && 'zenml_version' in value && isPlainObject(value.components);
}

/**
 * Reads what `zenml stack export` writes. No name of a vendor is known here: types, flavors and fields are found by
 * their names, `s3_bucket` being the same as `s3Bucket` or `s3-bucket`, and fields by the schemas of the flavor.
 */
export function readZenmlExport(value: { readonly [key: string]: unknown }, targets: ZenmlTargets): ZenmlStack {
  const unmapped: Problem[] = [];
  const components: Record<string, (string | ComponentInput)[]> = {};
  const exported = isPlainObject(value.components) ? value.components : {};
  for (const [zenmlType, given] of Object.entries(exported)) {
    const type = sameName(zenmlType, targets.types) ?? zenmlType.replaceAll('_', '-');
    for (const description of [given].flat()) {
      const component = readComponent(type, description, targets, unmapped);
      if (component !== undefined) components[type] = [...(components[type] ?? []), component];
    }
  }
  const labels = readLabels(value.labels);
  return { document: { version: 1, name: asName(value.stack_name, 'imported'), labels, components }, unmapped };
}

function readComponent(
  type: string,
  description: unknown,
  { types, flavors }: ZenmlTargets,
  unmapped: Problem[],
): string | ComponentInput | undefined {
  if (!isPlainObject(description)) {
    unmapped.push({ path: type, message: 'is not described as a component' });
    return undefined;
  }
  const name = asName(description.name, type);
  const path = `${type}:${name}`;
  const zenmlFlavor = typeof description.flavor === 'string' ? description.flavor : '';
  // Every ZenML server has these; here every project has its own.
  if (description.name === 'default' && zenmlFlavor === 'local') return 'default';
  if (!types.includes(type)) {
    const hint = didYouMean(type, types) ?? `There are ${types.join(', ')}.`;
    unmapped.push({ path, message: `was left out: there is no component type ${type}`, hint });
    return undefined;
  }
  const ofType = flavors.filter((flavor) => flavor.type === type);
  const names = ofType.map((flavor) => flavor.name);
  const flavor = ofType.find((candidate) => candidate.name === sameName(zenmlFlavor, names));
  if (flavor === undefined) {
    const hint =
      `${didYouMean(zenmlFlavor, names) ?? ''} Install the integration that has it, and import again.`.trim();
    unmapped.push({ path, message: `was left out: there is no flavor "${zenmlFlavor}" of ${type}`, hint });
    return undefined;
  }
  const configuration = isPlainObject(description.configuration) ? description.configuration : {};
  const { config, settings } = readConfiguration(configuration, flavor.manifest, path, unmapped);
  const known = new Set(['name', 'flavor', 'configuration', 'labels', 'type', 'id', 'flavor_name']);
  for (const [key, part] of Object.entries(description)) {
    if (known.has(key) || isNothing(part)) continue;
    unmapped.push({ path: `${path}.${key}`, message: 'was left out: components have nothing like it here' });
  }
  return { name, flavor: flavor.name, config, settings, labels: readLabels(description.labels) };
}

/** A field goes into the config or into the settings, by which of their schemas has it. */
function readConfiguration(
  configuration: Readonly<Record<string, unknown>>,
  { configSchema, settingsSchema }: FlavorManifest,
  path: string,
  unmapped: Problem[],
): { readonly config: JsonObject; readonly settings: JsonObject } {
  const settingsFields = [...schemaProperties(settingsSchema).keys()];
  const entries = Object.entries(configuration);
  const isSetting = ([key]: readonly [string, unknown]) => sameName(key, settingsFields) !== undefined;
  const both = { properties: { ...configSchema.properties, ...settingsSchema.properties } };
  const read = (part: readonly (readonly [string, unknown])[]) =>
    readFields(Object.fromEntries(part), both, path, unmapped);
  return {
    config: read(entries.filter((entry) => !isSetting(entry))),
    settings: read(entries.filter(isSetting)),
  };
}

function readFields(
  fields: Readonly<Record<string, unknown>>,
  schema: JsonSchema,
  path: string,
  unmapped: Problem[],
): JsonObject {
  const properties = schemaProperties(schema);
  const entries = Object.entries(fields).flatMap(([key, value]): [string, JsonValue][] => {
    // ZenML writes null for what is not set.
    if (value === null || value === undefined) return [];
    const name = sameName(key, properties.keys());
    const property = name === undefined ? undefined : properties.get(name);
    if (name === undefined || property === undefined) {
      const hint = didYouMean(camelCase(key), properties.keys());
      const message = 'was left out: the flavor has no such field';
      unmapped.push({ path: `${path}.${key}`, message, ...(hint === undefined ? {} : { hint }) });
      return [];
    }
    const parsed = asJson(value, property);
    const isStructured = isPlainObject(parsed) && schemaProperties(property).size > 0;
    return [[name, isStructured ? readFields(parsed, property, `${path}.${key}`, unmapped) : (parsed as JsonValue)]];
  });
  return Object.fromEntries(entries);
}

/** ZenML keeps what was typed, so a number or a list may be a text there. */
function asJson(value: unknown, schema: JsonSchema): unknown {
  const types = schemaTypes(schema);
  if (typeof value !== 'string' || types.has('string') || types.size === 0 || value.startsWith('{{')) return value;
  try {
    return JSON.parse(types.has('boolean') ? value.toLowerCase() : value);
  } catch {
    return value;
  }
}

/** The candidate that is the same name in another spelling. */
function sameName(name: string, candidates: Iterable<string>): string | undefined {
  const names = [...candidates];
  const bare = (text: string) => text.replaceAll(/[^A-Za-z0-9]/g, '').toLowerCase();
  return names.find((candidate) => candidate === name) ?? names.find((candidate) => bare(candidate) === bare(name));
}

function camelCase(name: string): string {
  return name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** ZenML's names may have spaces and the like. */
function asName(value: unknown, instead: string): string {
  const name =
    typeof value === 'string'
      ? value.replaceAll(/[^A-Za-z0-9._-]+/g, '-').replaceAll(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '')
      : '';
  return name === '' ? instead : name;
}

function readLabels(value: unknown): Record<string, string> {
  if (!isPlainObject(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([key, label]) => [key, String(label)]));
}

function isNothing(value: unknown): boolean {
  return value === null || value === undefined || (typeof value === 'object' && Object.keys(value).length === 0);
}
