export { type ChildEnvironmentOptions, createChildEnvironment } from './child-environment.ts';
export { componentSecretName, fieldSecretKey } from './component-secret.ts';
export { createEnvironmentSecretResolver, secretVariable } from './environment-secret-resolver.ts';
export { maskValue } from './mask-value.ts';
export { Secret, secretMask } from './secret.ts';
export { SecretMaskStream } from './secret-mask-stream.ts';
export { addMaskedValue, hasMaskedValues, maskSecrets } from './secret-masker.ts';
export { formatSecretReference, parseSecretReference, type SecretReference } from './secret-reference.ts';
export {
  findSecretReferences,
  type LocatedReference,
  resolveSecretReferences,
  type SecretResolver,
  unescapeReferences,
} from './secret-resolver.ts';
