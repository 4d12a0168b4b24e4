export {
  type ComponentTypeDescription,
  componentTypeProperty,
  defineComponentType,
  getComponentType,
  listComponentTypes,
  listStackTypes,
} from '../component/component-type.ts';
export { type CoercedOptions, coerceOptions, type Option, optionName } from '../config/coerce-options.ts';
export { type JsonSchema, schemaProperties, schemaTypes, secretFieldPaths } from '../config/json-schema.ts';
export { addKnownFlavor } from '../flavor/known-flavors.ts';
export { isReservedOption } from '../flavor/reserved-options.ts';
// References to artifacts are read by the store, which does without zod too.
export { checkArtifactTag, parseArtifactReference } from '../orchestrator/artifact-reference.ts';
export {
  apiVersion,
  type FlavorManifest,
  isFlavorManifest,
  type Manifest,
  parseManifest,
  unsupportedApiVersion,
} from './manifest.ts';
