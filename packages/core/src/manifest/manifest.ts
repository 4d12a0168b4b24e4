import type { ComponentTypeDescription } from '../component/component-type.ts';
import { isJsonSchema, type JsonSchema } from '../config/json-schema.ts';
import { StackError } from '../errors/index.ts';
import { isPlainObject } from '../json.ts';

/** The version of the contract between an integration and the parts that load it. */
export const apiVersion = 1;

/** What is known of a flavor without running any of its code. */
export interface FlavorManifest {
  readonly type: string;
  readonly name: string;
  readonly displayName?: string;
  readonly docsUrl?: string;
  readonly logoUrl?: string;
  /** Name of the export that is the flavor. */
  readonly export: string;
  readonly configVersion: number;
  readonly configSchema: JsonSchema;
  readonly settingsSchema: JsonSchema;
  /** Dotted paths of the fields that hold secrets. */
  readonly secretFields: readonly string[];
  readonly isLocal: boolean;
  readonly capabilities: readonly string[];
}

/** `dist/stack-manifest.json` of an integration: written by its build, read by everything that lists or describes. */
export interface Manifest {
  readonly apiVersion: number;
  /** Name of the package. */
  readonly package: string;
  readonly version: string;
  readonly componentTypes: readonly ComponentTypeDescription[];
  readonly flavors: readonly FlavorManifest[];
}

/**
 * Reads the text of a manifest.
 *
 * @param subject what it belongs to, for the message
 * @throws MANIFEST_INVALID
 * @throws API_VERSION_UNSUPPORTED for a manifest of another version of the contract
 */
export function parseManifest(text: string, subject: string): Manifest {
  const invalid = (what: string, cause?: unknown) =>
    new StackError({
      code: 'MANIFEST_INVALID',
      message: `The manifest of ${subject} is not valid: ${what}.`,
      hint: 'Install the package again, or tell its author.',
      cause,
    });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalid('it is not JSON', error);
  }
  if (!isPlainObject(value)) throw invalid('it is not an object');
  if (value.apiVersion !== apiVersion) throw unsupportedApiVersion(subject, value.apiVersion);
  if (typeof value.package !== 'string' || typeof value.version !== 'string') throw invalid('it names no package');
  if (!Array.isArray(value.componentTypes)) throw invalid('"componentTypes" is not a list');
  const brokenType = value.componentTypes.findIndex((type) => !isComponentTypeDescription(type));
  if (brokenType >= 0) throw invalid(`component type number ${brokenType + 1} lacks a field`);
  if (!Array.isArray(value.flavors)) throw invalid('"flavors" is not a list');
  for (const [index, flavor] of value.flavors.entries()) {
    const field = brokenField(flavor);
    if (field !== undefined) throw invalid(`flavor number ${index + 1} has no valid "${field}"`);
  }
  return value as unknown as Manifest;
}

function isComponentTypeDescription(value: unknown): value is ComponentTypeDescription {
  return (
    isPlainObject(value) &&
    ['name', 'label', 'description'].every((field) => typeof value[field] === 'string') &&
    ['required', 'multiple'].every((field) => typeof value[field] === 'boolean') &&
    (value.belongsTo === undefined || value.belongsTo === 'stack' || value.belongsTo === 'project')
  );
}

/** Whether a value that was read, such as a stored snapshot, has what the manifest of a flavor has. */
export function isFlavorManifest(value: unknown): value is FlavorManifest {
  return brokenField(value) === undefined;
}

/** The first field of a flavor that does not have its form, so that whatever reads a manifest can rely on all of them. */
function brokenField(value: unknown): string | undefined {
  const flavor = isPlainObject(value) ? value : {};
  return flavorForms.find(([field, hasForm]) => !hasForm(flavor[field]))?.[0];
}

const isText = (value: unknown) => typeof value === 'string';
const isTextOrAbsent = (value: unknown) => value === undefined || isText(value);
const isTexts = (value: unknown) => Array.isArray(value) && value.every(isText);

const flavorForms: readonly (readonly [keyof FlavorManifest, (value: unknown) => boolean])[] = [
  ['type', isText],
  ['name', isText],
  ['displayName', isTextOrAbsent],
  ['docsUrl', isTextOrAbsent],
  ['logoUrl', isTextOrAbsent],
  ['export', isText],
  ['configVersion', Number.isInteger],
  ['configSchema', (value) => isJsonSchema(value)],
  ['settingsSchema', (value) => isJsonSchema(value)],
  ['secretFields', isTexts],
  ['isLocal', (value) => typeof value === 'boolean'],
  ['capabilities', isTexts],
];

/** The error for a package that speaks another version of the contract. */
export function unsupportedApiVersion(subject: string, version: unknown): StackError {
  const isScalar = typeof version === 'number' || typeof version === 'string';
  const isNewer = typeof version === 'number' && version > apiVersion;
  return new StackError({
    code: 'API_VERSION_UNSUPPORTED',
    message: `${subject} speaks ${isScalar ? `version ${JSON.stringify(version)}` : 'no version'} of the integration contract; this is version ${apiVersion}.`,
    hint: isNewer ? 'Update @stack/cli and @stack/core.' : `Update the package: npm install ${subject}@latest`,
  });
}
