import type { ComponentTypeName, ConfigInputOf, Flavor, JsonObject, SettingsInputOf } from '@stack/core';
import type { ComponentInput, StackInput } from './stack-document.ts';

/** A component of a known type, as `defineComponent` makes it. */
export type DefinedComponent<Type extends ComponentTypeName> = ComponentInput & { readonly type: Type };

/** What `defineComponent` takes: config and settings as the flavor's schemas have them. */
export type ComponentDefinition<AFlavor extends Flavor<ComponentTypeName>> = Pick<
  ComponentInput,
  'name' | 'package' | 'source' | 'labels'
> &
  (Record<never, never> extends ConfigInputOf<AFlavor>
    ? { readonly config?: ConfigInputOf<AFlavor> }
    : { readonly config: ConfigInputOf<AFlavor> }) & { readonly settings?: SettingsInputOf<AFlavor> };

/** Describes a component of `stack.config.ts`: its config and settings are checked by the compiler. */
export function defineComponent<Type extends ComponentTypeName, AFlavor extends Flavor<Type>>(
  flavor: AFlavor & Flavor<Type>,
  definition: ComponentDefinition<AFlavor>,
): DefinedComponent<Type> {
  const { name, labels, package: packageName, source, config, settings } = definition;
  return {
    type: flavor.type,
    name,
    flavor: flavor.name,
    ...(packageName === undefined ? {} : { package: packageName }),
    ...(source === undefined ? {} : { source }),
    // The schemas of a flavor take JSON values only, so their inputs are such.
    config: (config ?? {}) as JsonObject,
    settings: (settings ?? {}) as JsonObject,
    labels: labels ?? {},
  };
}

/** In the place of a component: its whole description, or the name of one that exists. */
type Component<Type extends ComponentTypeName> = string | (ComponentInput & { readonly type?: Type });

type Components<Type extends ComponentTypeName> = Component<Type> | readonly Component<Type>[];

/** A stack of `stack.config.ts`. */
export interface StackDefinition {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** By component type, one or several, the default one first. */
  readonly components: { readonly [Type in 'orchestrator' | 'artifact-store']: Components<Type> } & {
    readonly [Type in ComponentTypeName]?: Components<Type>;
  };
}

/**
 * Describes a stack in code, for `stack plan` and `stack apply`. It is the default export of `stack.config.ts`:
 *
 * ```ts
 * export default defineStack({
 *   name: 'prod',
 *   components: {
 *     orchestrator: 'default',
 *     'artifact-store': defineComponent(s3ArtifactStoreFlavor, { name: 'files', config: { path: 's3://bucket' } }),
 *   },
 * });
 * ```
 */
export function defineStack(definition: StackDefinition): StackInput {
  return definition as StackInput;
}
