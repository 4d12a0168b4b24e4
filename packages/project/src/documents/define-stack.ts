import type { ComponentTypeName, ConfigInputOf, Flavor, JsonObject, SettingsInputOf } from '@stack/core';
import type { DocumentComponent, StackDocumentInput } from './stack-document.ts';

/** A component in `stack.config.ts`: its config and settings are checked against the flavor when it compiles. */
export function defineComponent<AFlavor extends Flavor<ComponentTypeName>>(
  flavor: AFlavor,
  component: {
    readonly name: string;
    readonly config: ConfigInputOf<AFlavor>;
    readonly settings?: SettingsInputOf<AFlavor>;
    readonly labels?: Readonly<Record<string, string>>;
  },
): DocumentComponent {
  return {
    type: flavor.type,
    name: component.name,
    flavor: flavor.name,
    // A config schema takes JSON values only, so its input is one.
    config: component.config as JsonObject,
    settings: (component.settings ?? {}) as JsonObject,
    labels: component.labels ?? {},
  };
}

/** A stack in `stack.config.ts`; each component is one that exists, by its name, or is defined with the stack. */
export interface StackDefinition {
  readonly name: string;
  /** By type: one, or several, the default one first. */
  readonly components: {
    readonly [type: string]: string | DocumentComponent | readonly (string | DocumentComponent)[];
  };
  readonly labels?: Readonly<Record<string, string>>;
}

/**
 * Stacks as code: the default export of `stack.config.ts`, which `stack plan` compares with the project and `stack
 * apply` brings about. Several stacks may share components.
 */
export function defineStack(...definitions: readonly StackDefinition[]): StackDocumentInput {
  const components = new Map<string, DocumentComponent>();
  const nameOf = (component: string | DocumentComponent) => {
    if (typeof component === 'string') return component;
    components.set(`${component.type}:${component.name}`, component);
    return component.name;
  };
  const stacks = definitions.map(({ name, components: byType, labels = {} }) => ({
    name,
    components: Object.fromEntries(
      Object.entries(byType).map(([type, value]) => [type, [value].flat().map(nameOf)] as const),
    ),
    labels,
  }));
  return { version: 1, components: [...components.values()], stacks } as StackDocumentInput;
}
