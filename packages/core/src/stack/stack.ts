import { getComponentType } from '../component/component-type.ts';
import type { ComponentTypeName, ComponentTypes } from '../component/component-types.ts';
import type { AnyComponent } from '../component/stack-component.ts';
import { StackError } from '../errors/index.ts';

/** The components that a pipeline runs on. It owns them: disposing it disposes them. Made by `createStack`. */
export class Stack implements AsyncDisposable {
  readonly name: string;
  /** In the order given, so that the first of a type is its default. */
  readonly components: readonly AnyComponent[];

  constructor(name: string, components: readonly AnyComponent[]) {
    this.name = name;
    this.components = components;
  }

  get orchestrator(): ComponentTypes['orchestrator'] {
    return this.get('orchestrator');
  }

  get artifactStore(): ComponentTypes['artifact-store'] {
    return this.get('artifact-store');
  }

  /**
   * The component of a type: the one of that name, else the default one.
   *
   * @throws COMPONENT_NOT_FOUND when the stack has none
   */
  get<Type extends ComponentTypeName>(type: Type, name?: string): ComponentTypes[Type] {
    const ofType = this.all(type);
    const found = name === undefined ? ofType[0] : ofType.find((component) => component.name === name);
    if (found !== undefined) return found;
    const { label } = getComponentType(type);
    const others = ofType.map((component) => `"${component.name}"`).join(', ');
    throw new StackError({
      code: 'COMPONENT_NOT_FOUND',
      message: `The stack "${this.name}" has no ${label}${name === undefined ? '' : ` "${name}"`}.`,
      hint: others === '' ? `Add one: stack stack add-component ${this.name} --${type} NAME` : `It has ${others}.`,
    });
  }

  /** All components of a type, the default one first. */
  all<Type extends ComponentTypeName>(type: Type): readonly ComponentTypes[Type][] {
    return this.components.filter((component) => component.type === type) as unknown as ComponentTypes[Type][];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await disposeAll(this.components);
  }
}

/** Disposes components, the last made first; every one, even when some fail. */
export async function disposeAll(components: readonly AnyComponent[]): Promise<void> {
  await using disposables = new AsyncDisposableStack();
  for (const component of components) disposables.use(component);
}
