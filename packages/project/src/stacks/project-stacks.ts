import {
  type AnyComponent,
  checkName,
  checkStack,
  componentTypeProperty,
  createStack,
  type Stack,
  StackError,
  type StackOptions,
  stackError,
} from '@stack/core';
import type { ComponentRecord, MetadataStore, StackRecord } from '@stack/store';
import type { ProjectComponents } from '../components/project-components.ts';

export interface StackRegistration {
  readonly name: string;
  /** By type, the references of its components, the default one first. */
  readonly components: Readonly<Record<string, readonly string[]>>;
  readonly labels?: Readonly<Record<string, string>>;
}

/** The stacks of a project. A `reference` is a name, an id, or the beginning of an id. */
export class ProjectStacks {
  readonly #store: MetadataStore;
  readonly #components: ProjectComponents;

  constructor(store: MetadataStore, components: ProjectComponents) {
    this.#store = store;
    this.#components = components;
  }

  /**
   * @throws ARGUMENT_INVALID for a bad name, COMPONENT_NOT_FOUND, ALREADY_EXISTS
   * @throws STACK_INVALID with every problem
   */
  async register({ name, components, labels = {} }: StackRegistration): Promise<StackRecord> {
    checkName('stack', name);
    const references = Object.entries(components).flatMap(([type, names]) =>
      names.map((reference) => ({ type, reference })),
    );
    const found: ComponentRecord[] = [];
    const missing: StackError[] = [];
    for (const { type, reference } of references) {
      try {
        found.push(await this.#components.get(type, reference));
      } catch (error) {
        if (!StackError.is(error, 'COMPONENT_NOT_FOUND')) throw error;
        missing.push(error);
      }
    }
    if (missing.length > 0) throw missingComponents(missing);
    const problems = checkStack(found);
    if (problems.length > 0) throw stackError(name, problems);
    return this.#store.stacks.add({ name, components: found.map(({ id }) => id), labels });
  }

  /** @throws STACK_NOT_FOUND, AMBIGUOUS */
  async get(reference: string): Promise<StackRecord> {
    return this.#store.stacks.get(reference);
  }

  /** By name. */
  async list(): Promise<readonly StackRecord[]> {
    return this.#store.stacks.list();
  }

  /** The stack that runs use when none is named. */
  async active(): Promise<StackRecord> {
    return this.#store.stacks.active();
  }

  /** Makes a stack the active one. @throws STACK_NOT_FOUND, AMBIGUOUS */
  async activate(reference: string): Promise<StackRecord> {
    return this.#store.stacks.activate(reference);
  }

  /** @throws STACK_NOT_FOUND, PROTECTED, and IN_USE for the active stack */
  async remove(reference: string): Promise<void> {
    await this.#store.stacks.remove(reference);
  }

  /**
   * Makes a stack and its components, ready to run on. Its owner disposes it.
   *
   * @param reference default: the active stack
   */
  async open(reference?: string): Promise<Stack> {
    const record = reference === undefined ? await this.active() : await this.get(reference);
    const byProperty: Record<string, Promise<AnyComponent>[]> = {};
    for (const component of record.components) {
      const property = componentTypeProperty(component.type);
      byProperty[property] ??= [];
      byProperty[property].push(this.#components.open(component));
    }
    // The records were checked when the stack was registered, and `createStack` checks the components again.
    return createStack({ name: record.name, ...byProperty } as unknown as StackOptions);
  }
}

/** One error for all components that are not there. */
function missingComponents(errors: readonly StackError[]): StackError {
  const [first, ...others] = errors;
  if (first !== undefined && others.length === 0) return first;
  return new StackError({
    code: 'COMPONENT_NOT_FOUND',
    message: errors.map(({ message }) => message).join('\n'),
    hint: [...new Set(errors.map(({ hint }) => hint))].join(' '),
    problems: errors.map(({ code, message, hint = '' }) => ({ path: '', code, message, hint })),
  });
}
