import { didYouMean, StackError } from '../errors/index.ts';
import { processGlobal } from '../process-global.ts';

/** What a component type is to the command line and to a stack. Manifests carry it, so it is data only. */
export interface ComponentTypeDescription {
  /** Kebab-case, e.g. `artifact-store`. */
  readonly name: string;
  /** For people, lower case: `artifact store`. */
  readonly label: string;
  /** One sentence on what components of this type do. */
  readonly description: string;
  /** Whether every stack has one. */
  readonly required: boolean;
  /** Whether a stack may have several; the first is then the default. */
  readonly multiple: boolean;
  /** Whether its components are parts of stacks, or serve the whole project. Default `stack`. */
  readonly belongsTo?: 'stack' | 'project';
}

const registry = processGlobal('component-types', () => {
  const builtIn: ComponentTypeDescription[] = [
    {
      name: 'orchestrator',
      label: 'orchestrator',
      description: 'Decides where and when the steps of a pipeline run.',
      required: true,
      multiple: false,
    },
    {
      name: 'artifact-store',
      label: 'artifact store',
      description: 'Keeps the outputs of steps.',
      required: true,
      multiple: false,
    },
    {
      name: 'secret-store',
      label: 'secret store',
      description: 'Keeps the secrets that the configs of other components refer to.',
      required: false,
      multiple: true,
      belongsTo: 'project',
    },
  ];
  return new Map(builtIn.map((type) => [type.name, type]));
});

/**
 * Adds a component type to those that this process knows. Types of other packages augment the interface
 * `ComponentTypes` too, so that `stack.get('their-type')` is typed.
 *
 * @throws ALREADY_EXISTS when the name is taken by another description
 */
export function defineComponentType(description: ComponentTypeDescription): ComponentTypeDescription {
  const existing = registry.get(description.name);
  if (existing !== undefined && JSON.stringify(existing) !== JSON.stringify(description)) {
    throw new StackError({
      code: 'ALREADY_EXISTS',
      message: `There is a component type "${description.name}" already, described in another way.`,
    });
  }
  registry.set(description.name, description);
  return description;
}

/** All component types that this process knows, the required ones first. */
export function listComponentTypes(): readonly ComponentTypeDescription[] {
  return [...registry.values()].sort((a, b) => Number(b.required) - Number(a.required));
}

/** The component types that a stack can have. */
export function listStackTypes(): readonly ComponentTypeDescription[] {
  return listComponentTypes().filter(({ belongsTo = 'stack' }) => belongsTo === 'stack');
}

/** @throws COMPONENT_TYPE_NOT_FOUND with the nearest names */
export function getComponentType(name: string): ComponentTypeDescription {
  const type = registry.get(name);
  if (type !== undefined) return type;
  throw new StackError({
    code: 'COMPONENT_TYPE_NOT_FOUND',
    message: `There is no component type "${name}".`,
    hint: didYouMean(name, registry.keys()) ?? `There are ${[...registry.keys()].join(', ')}.`,
  });
}

/** `artifact-store` as a property of an object: `artifactStore`. */
export function componentTypeProperty(name: string): string {
  return name.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
