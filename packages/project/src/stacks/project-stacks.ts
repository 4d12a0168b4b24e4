import {
  type AnyComponent,
  checkName,
  componentTypeProperty,
  createStack,
  getComponentType,
  type Problem,
  type SecretResolver,
  type Stack,
  StackError,
  type StackMember,
  type StackOptions,
  stackError,
  validateStack,
} from '@stack/core';
import type {
  ComponentRecord,
  MetadataStore,
  RemovedStack,
  StackFilter,
  StackRecord,
  WriteOptions,
} from '@stack/store';
import type { ProjectComponents } from '../components/project-components.ts';
import type { ProjectFlavors } from '../flavors/project-flavors.ts';
import { checkLabels } from '../labels/check-labels.ts';
import { batchedResolver } from '../secrets/batched-resolver.ts';
import type { SecretStores } from '../secrets/secret-stores.ts';
import { readReferences } from '../secrets/secret-uses.ts';
import {
  type CodedProblem,
  type ComponentDiagnosis,
  type ExaminationOptions,
  examineComponent,
} from './examine-component.ts';

/** By component type, the references of components, the default one of each type first. */
export type ComponentReferences = Readonly<Record<string, readonly string[]>>;

export interface StackRegistration {
  readonly name: string;
  readonly components: ComponentReferences;
  readonly labels?: Readonly<Record<string, string>>;
  /** Whether to make it the active stack. Default `false`. */
  readonly activate?: boolean;
}

export interface StackChange {
  /** Takes the place of all components of the types given; those of other types stay. */
  readonly components?: ComponentReferences;
  /** Labels to set; one that is `undefined` is removed. Others stay. */
  readonly labels?: Readonly<Record<string, string | undefined>>;
}

export interface StackListOptions extends Omit<StackFilter, 'components'> {
  /** Components that a stack has, all of them. */
  readonly components?: ComponentReferences;
}

/** A problem of a stack. */
export interface StackProblem extends CodedProblem {
  /**
   * `stack` when its components can never work together, which registering refuses; `component` when one of them cannot
   * be used as it is, or not on this machine.
   */
  readonly concerns: 'stack' | 'component';
}

export interface StackValidation {
  readonly stack: Pick<StackRecord, 'name' | 'components'>;
  /** Everything that is wrong; empty for a stack that can be used here. */
  readonly problems: readonly StackProblem[];
}

export interface StackDiagnosis {
  readonly stack: StackRecord;
  readonly isHealthy: boolean;
  /** In the order of the stack. */
  readonly components: readonly ComponentDiagnosis[];
  /** Those that the project asks, in their order; none where the application finds secrets itself. */
  readonly secretStores: readonly ComponentDiagnosis[];
  /** What keeps the components from working together. */
  readonly problems: readonly CodedProblem[];
}

export interface DoctorOptions {
  /** Whether to ask the systems behind the components, by their `probe()`. Default `false`. */
  readonly live?: boolean;
  /** For each check of a component, in milliseconds. Default 10,000. */
  readonly timeLimit?: number;
}

/** What of a stack is changed. Given the stack as it is. */
type Change = (current: StackRecord) => {
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly components?: readonly ComponentRecord[];
};

const defaultTimeLimit = 10_000;

/**
 * The stacks of a project. A `reference` is a name, an id, or the beginning of an id. With `{ dryRun: true }` a method
 * does all its checks, gives what it would give, and writes nothing.
 */
export class ProjectStacks {
  readonly #store: MetadataStore;
  readonly #flavors: ProjectFlavors;
  readonly #components: ProjectComponents;
  readonly #secrets: SecretResolver;
  readonly #secretStores: SecretStores | undefined;

  /** @param secretStores those in which `secrets` looks, where it does */
  constructor(
    store: MetadataStore,
    flavors: ProjectFlavors,
    components: ProjectComponents,
    secrets: SecretResolver,
    secretStores: SecretStores | undefined,
  ) {
    this.#store = store;
    this.#flavors = flavors;
    this.#components = components;
    this.#secrets = secrets;
    this.#secretStores = secretStores;
  }

  /**
   * Puts components together. What is missing on this machine, a secret or a package, does not matter yet: `validate`
   * tells of it.
   *
   * @throws ARGUMENT_INVALID for a bad name or label, COMPONENT_NOT_FOUND, ALREADY_EXISTS
   * @throws STACK_INVALID with everything that keeps the components from working together
   */
  async register(
    { name, components, labels = {}, activate = false }: StackRegistration,
    options?: WriteOptions,
  ): Promise<StackRecord> {
    checkName('stack', name);
    checkLabels(labels);
    const found = await this.#find(components);
    await this.#refuseNewProblems(name, undefined, found);
    return this.#store.transaction(async ({ stacks }) => {
      const stack = await stacks.add({ name, components: found.map(({ id }) => id), labels });
      return activate ? stacks.activate(stack.id) : stack;
    }, options);
  }

  /**
   * Replaces the components of the given types, and sets labels.
   *
   * @throws STACK_NOT_FOUND, AMBIGUOUS, COMPONENT_NOT_FOUND, PROTECTED, and ARGUMENT_INVALID for a bad label
   * @throws STACK_INVALID with everything that keeps the components from working together, and did not before
   */
  async update(
    reference: string,
    { components, labels = {} }: StackChange,
    options?: WriteOptions,
  ): Promise<StackRecord> {
    checkLabels(withLabels({}, labels));
    const replacing = components === undefined ? undefined : await this.#find(components);
    const types = new Set(Object.keys(components ?? {}));
    return this.#change(reference, options, (current) => ({
      labels: withLabels(current.labels, labels),
      ...(replacing === undefined ? {} : { components: replaceOfTypes(current.components, types, replacing) }),
    }));
  }

  /**
   * Adds components behind those that the stack has, so that its defaults stay.
   *
   * @throws STACK_NOT_FOUND, AMBIGUOUS, COMPONENT_NOT_FOUND, PROTECTED
   * @throws ALREADY_EXISTS for one that it has, and for another one of a type that a stack has one of
   * @throws STACK_INVALID with everything that keeps the components from working together, and did not before
   */
  async addComponents(
    reference: string,
    components: ComponentReferences,
    options?: WriteOptions,
  ): Promise<StackRecord> {
    const added = await this.#find(components);
    return this.#change(reference, options, (current) => {
      for (const component of added) checkCanBeAdded(current, component);
      return { components: [...current.components, ...added] };
    });
  }

  /**
   * Takes components out of a stack. They stay registered.
   *
   * @throws STACK_NOT_FOUND, AMBIGUOUS, PROTECTED
   * @throws COMPONENT_NOT_FOUND for one that does not exist, or that the stack does not have
   * @throws STACK_INVALID for the last one of a type that every stack has
   */
  async removeComponents(
    reference: string,
    components: ComponentReferences,
    options?: WriteOptions,
  ): Promise<StackRecord> {
    const removed = await this.#find(components);
    return this.#change(reference, options, (current) => {
      for (const component of removed) checkIsThere(current, component);
      const rest = current.components.filter(({ id }) => !removed.some((component) => component.id === id));
      for (const component of removed) checkIsNotLast(current, component, rest);
      return { components: rest };
    });
  }

  /** @throws STACK_NOT_FOUND, AMBIGUOUS, PROTECTED, ALREADY_EXISTS, and ARGUMENT_INVALID for a bad name */
  async rename(reference: string, name: string, options?: WriteOptions): Promise<StackRecord> {
    checkName('stack', name);
    return this.#change(reference, options, () => ({ name }));
  }

  /**
   * Makes another stack of the same components, in their order, and the same labels. The components are shared, not copied.
   *
   * @throws STACK_NOT_FOUND, AMBIGUOUS, ALREADY_EXISTS, and ARGUMENT_INVALID for a bad name
   */
  async copy(reference: string, name: string, options?: WriteOptions): Promise<StackRecord> {
    checkName('stack', name);
    return this.#store.transaction(async ({ stacks }) => {
      const { components, labels } = await stacks.get(reference);
      return stacks.add({ name, components: components.map(({ id }) => id), labels });
    }, options);
  }

  /** @throws STACK_NOT_FOUND, AMBIGUOUS */
  async get(reference: string): Promise<StackRecord> {
    return this.#store.stacks.get(reference);
  }

  /**
   * By name. The last stack of a page, as `after`, gives the next page.
   *
   * @throws COMPONENT_NOT_FOUND for a component of the filter
   * @throws ARGUMENT_INVALID for a limit that is no whole number above 0
   */
  async list({ components = {}, ...filter }: StackListOptions = {}): Promise<readonly StackRecord[]> {
    const { limit } = filter;
    if (limit !== undefined && !(Number.isInteger(limit) && limit > 0)) {
      throw new StackError({ code: 'ARGUMENT_INVALID', message: `The limit ${limit} is no whole number above 0.` });
    }
    const ids = (await this.#find(components)).map(({ id }) => id);
    return this.#store.stacks.list({ ...filter, components: ids });
  }

  /** The stack that runs use when none is named. */
  async active(): Promise<StackRecord> {
    return this.#store.stacks.active();
  }

  /** Makes a stack the active one. @throws STACK_NOT_FOUND, AMBIGUOUS */
  async activate(reference: string, options?: WriteOptions): Promise<StackRecord> {
    return this.#store.transaction(({ stacks }) => stacks.activate(reference), options);
  }

  /**
   * Removes a stack and, with `recursive`, those of its components that no other stack has; the default ones stay. All
   * of that happens, or nothing.
   *
   * @throws STACK_NOT_FOUND, AMBIGUOUS, PROTECTED, and IN_USE for the active stack
   */
  async remove(
    reference: string,
    { recursive = false, ...options }: WriteOptions & { readonly recursive?: boolean } = {},
  ): Promise<RemovedStack> {
    return this.#store.transaction(({ stacks }) => stacks.remove(reference, { recursive }), options);
  }

  /**
   * Everything that is wrong with a stack, without loading an implementation of its components and without network, except
   * for what secret stores need. It changes nothing.
   *
   * @param stack a reference, or a stack that need not be registered. Default: the active stack
   * @throws STACK_NOT_FOUND, AMBIGUOUS
   */
  async validate(stack?: string | Pick<StackRecord, 'name' | 'components'>): Promise<StackValidation> {
    const validated = typeof stack === 'object' ? stack : await this.#getOrActive(stack);
    const { problems, components } = await this.#examine(validated.components, {
      depth: 'config',
      timeLimit: defaultTimeLimit,
    });
    const ofComponents = components.flatMap(({ checks }) => checks.flatMap(({ problems }) => problems));
    return {
      stack: validated,
      problems: [
        ...problems.map((problem): StackProblem => ({ ...problem, concerns: 'stack' })),
        ...ofComponents.map((problem): StackProblem => ({ ...problem, concerns: 'component' })),
      ],
    };
  }

  /**
   * Checks everything that the components of a stack need to work here: what `validate` checks, that their
   * implementations load, and with `live` that the systems behind them answer. The secret stores of the project are probed
   * in any case. What is wrong with one component hides nothing of another.
   *
   * @param reference default: the active stack
   * @throws STACK_NOT_FOUND, AMBIGUOUS
   */
  async doctor(reference?: string, options: DoctorOptions = {}): Promise<StackDiagnosis> {
    const { live = false, timeLimit = defaultTimeLimit } = options;
    const stack = await this.#getOrActive(reference);
    const { problems, components } = await this.#examine(stack.components, {
      depth: live ? 'probe' : 'implementation',
      timeLimit,
    });
    const secretStores = await this.#examineSecretStores(timeLimit);
    const hasFailed = [...components, ...secretStores].some(({ checks }) =>
      checks.some(({ outcome }) => outcome === 'failed'),
    );
    return { stack, isHealthy: !hasFailed && problems.length === 0, components, secretStores, problems };
  }

  /**
   * Makes a stack and its components, ready to run on. Its owner disposes it.
   *
   * @param reference default: the active stack
   * @throws STACK_INVALID with everything that keeps the components from working together
   */
  async open(reference?: string): Promise<Stack> {
    const { name, components } = await this.#getOrActive(reference);
    const problems = await this.#composition(components);
    if (problems.length > 0) throw stackError(name, problems);
    const byProperty: Record<string, Promise<AnyComponent>[]> = {};
    for (const component of components) {
      const property = componentTypeProperty(component.type);
      byProperty[property] ??= [];
      byProperty[property].push(this.#components.open(component));
    }
    // The records were checked, and `createStack` checks the components again.
    return createStack({ name, ...byProperty } as unknown as StackOptions);
  }

  #getOrActive(reference: string | undefined): Promise<StackRecord> {
    return reference === undefined ? this.active() : this.get(reference);
  }

  /** @throws COMPONENT_TYPE_NOT_FOUND, AMBIGUOUS, and COMPONENT_NOT_FOUND for all that are missing */
  async #find(references: ComponentReferences): Promise<ComponentRecord[]> {
    const found: ComponentRecord[] = [];
    const missing: StackError[] = [];
    for (const [type, ofType] of Object.entries(references)) {
      for (const reference of ofType) {
        try {
          found.push(await this.#components.get(type, reference));
        } catch (error) {
          if (!StackError.is(error, 'COMPONENT_NOT_FOUND')) throw error;
          missing.push(error);
        }
      }
    }
    if (missing.length > 0) throw missingComponents(missing);
    return found;
  }

  /**
   * Changes a stack by what it is at that moment. Flavors are loaded outside of the transaction that stores the change:
   * when another process changed the components meanwhile, all is done again.
   */
  async #change(reference: string, options: WriteOptions | undefined, change: Change): Promise<StackRecord> {
    for (;;) {
      const before = await this.get(reference);
      // A change of a protected stack is refused by the store, whatever it is.
      const wanted = before.isProtected ? undefined : change(before).components;
      if (wanted !== undefined) await this.#refuseNewProblems(before.name, before.components, wanted);
      try {
        return await this.#store.transaction(
          ({ stacks }) =>
            stacks.update(before.id, (current) => {
              const { components, ...rest } = change(current);
              if (components === undefined) return rest;
              if (wanted === undefined || !isSame(components, wanted)) throw changedMeanwhile(current.name);
              return { ...rest, components: components.map(({ id }) => id) };
            }),
          options,
        );
      } catch (error) {
        if (!StackError.is(error, 'PRECONDITION_FAILED')) throw error;
      }
    }
  }

  /** Refuses components that can never work together, unless that was so before: a stack is mended step by step. */
  async #refuseNewProblems(
    name: string,
    before: readonly ComponentRecord[] | undefined,
    after: readonly ComponentRecord[],
  ): Promise<void> {
    const composition = await this.#composition(after);
    if (composition.length === 0) return;
    const known = before === undefined ? [] : await this.#composition(before);
    const isNew = ({ path, code, message }: Problem) =>
      !known.some((problem) => problem.path === path && problem.code === code && problem.message === message);
    const problems = composition.filter(isNew);
    if (problems.length > 0) throw stackError(name, problems);
  }

  /** What keeps components from working together, as far as their flavors are here. */
  async #composition(records: readonly ComponentRecord[]): Promise<readonly CodedProblem[]> {
    const members = records.map(async (component) => ({
      component,
      flavor: (await this.#flavors.loadOf(component).catch(() => undefined))?.flavor,
    }));
    return this.#checkTogether(await Promise.all(members));
  }

  async #examine(
    records: readonly ComponentRecord[],
    options: ExaminationOptions,
  ): Promise<Pick<StackDiagnosis, 'components' | 'problems'>> {
    const references = records.flatMap(({ config, settings }) => readReferences({ config, settings }));
    const tools = {
      flavors: this.#flavors,
      secrets: batchedResolver(
        this.#secrets,
        references.map(({ reference }) => reference),
      ),
      open: (record: ComponentRecord) => this.#components.open(record),
    };
    const examined = await Promise.all(records.map((record) => examineComponent(record, tools, options)));
    return { components: examined.map(({ diagnosis }) => diagnosis), problems: this.#checkTogether(examined) };
  }

  /** They are asked whenever a component is opened, and so here too, whatever is behind them. */
  async #examineSecretStores(timeLimit: number): Promise<readonly ComponentDiagnosis[]> {
    const stores = this.#secretStores;
    if (stores === undefined) return [];
    const examined = (await stores.list()).map((record) => {
      const secrets = stores.resolverFor(record);
      const tools = { flavors: this.#flavors, secrets, open: () => stores.openAnew(record) };
      return examineComponent(record, tools, { depth: 'probe', timeLimit });
    });
    return (await Promise.all(examined)).map(({ diagnosis }) => diagnosis);
  }

  #checkTogether(members: readonly StackMember[]): CodedProblem[] {
    const problems = validateStack(members, { isStoreLocal: this.#store.isLocal });
    return problems.map((problem) => ({ ...problem, code: problem.code ?? 'STACK_INVALID' }));
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

function withLabels(
  current: Readonly<Record<string, string>>,
  changes: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const entries = Object.entries({ ...current, ...changes });
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** The components, with those of some types replaced where the first of each type stood. */
function replaceOfTypes(
  current: readonly ComponentRecord[],
  types: ReadonlySet<string>,
  replacing: readonly ComponentRecord[],
): ComponentRecord[] {
  const ofType = Map.groupBy(replacing, ({ type }) => type);
  const replaced = current.flatMap((component) => {
    if (!types.has(component.type)) return [component];
    const instead = ofType.get(component.type) ?? [];
    ofType.delete(component.type);
    return instead;
  });
  return [...replaced, ...[...ofType.values()].flat()];
}

function isSame(some: readonly ComponentRecord[], others: readonly ComponentRecord[]): boolean {
  const key = (components: readonly ComponentRecord[]) =>
    components.map(({ id, updatedAt }) => `${id} ${updatedAt.getTime()}`).join();
  return key(some) === key(others);
}

function changedMeanwhile(name: string): StackError {
  return new StackError({ code: 'PRECONDITION_FAILED', message: `The stack "${name}" was changed meanwhile.` });
}

function checkCanBeAdded(stack: StackRecord, { id, type, name }: ComponentRecord): void {
  const { label, multiple } = getComponentType(type);
  if (stack.components.some((component) => component.id === id)) {
    throw new StackError({
      code: 'ALREADY_EXISTS',
      message: `The stack "${stack.name}" has the ${label} "${name}" already.`,
      hint: `See what it has: stack describe ${stack.name}`,
    });
  }
  const existing = stack.components.find((component) => component.type === type);
  if (existing === undefined || multiple) return;
  throw new StackError({
    code: 'ALREADY_EXISTS',
    message: `The stack "${stack.name}" has the ${label} "${existing.name}", and a stack has one.`,
    hint: `Replace it: stack update ${stack.name} --${type} ${name}`,
  });
}

function checkIsThere(stack: StackRecord, { id, type, name }: ComponentRecord): void {
  if (stack.components.some((component) => component.id === id)) return;
  throw new StackError({
    code: 'COMPONENT_NOT_FOUND',
    message: `The stack "${stack.name}" does not have the ${getComponentType(type).label} "${name}".`,
    hint: `See what it has: stack describe ${stack.name}`,
  });
}

function checkIsNotLast(stack: StackRecord, { type, name }: ComponentRecord, rest: readonly ComponentRecord[]): void {
  const { label, required } = getComponentType(type);
  if (!required || rest.some((component) => component.type === type)) return;
  throw new StackError({
    code: 'STACK_INVALID',
    message: `The stack "${stack.name}" has no other ${label} than "${name}", and every stack has one.`,
    hint: `Give it another one: stack update ${stack.name} --${type} NAME`,
  });
}
