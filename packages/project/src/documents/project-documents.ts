import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { checkName, type JsonObject, listStackTypes, type Problem, StackError } from '@stack/core';
import type { MetadataStore, StoreTables } from '@stack/store';
import type { ProjectFlavors } from '../flavors/project-flavors.ts';
import type { ModuleLoader } from '../modules/module-loader.ts';
import { stateFolder } from '../project-root.ts';
import type { ComponentWriteOptions, PlainSecretKeeper } from '../secrets/plain-secret-keeper.ts';
import { applyPlan, importPlanned } from './apply-plan.ts';
import { documentComponent, exposedSecrets } from './document-component.ts';
import { loadStackFile, type StackFile } from './load-stack-file.ts';
import { plainInputs, withHiddenValues } from './plain-inputs.ts';
import { type ConflictRule, type ImportedComponent, planImport } from './plan-import.ts';
import { type CurrentState, planStack, type StackPlan } from './plan-stack.ts';
import { readProjectState } from './project-state.ts';
import { type ResolvedDocument, resolveDocument } from './resolve-document.ts';
import { documentError, parseStackDocument, type StackDocument, type StackInput } from './stack-document.ts';
import { stackJsonSchema } from './stack-json-schema.ts';
import { isZenmlExport, readZenmlExport } from './zenml-export.ts';

export interface DocumentOptions {
  /**
   * Whether texts in secret fields are made secrets, in the secret store that takes writes, and their references stored.
   * Default `false`: they are refused.
   */
  readonly allowPlainSecret?: boolean | undefined;
}

export interface ImportOptions extends DocumentOptions {
  /** What is done with names that are taken. Default `reuse`. */
  readonly onConflict?: ConflictRule;
  /** Another name for the stack. Default: the one in the document. */
  readonly name?: string;
  /** Whether to say only what would be done. Default `false`. */
  readonly dryRun?: boolean;
}

/** What an import did, or would do. */
export interface ImportedStack {
  readonly name: string;
  /** `reuse` when there was an identical stack of the name. */
  readonly action: 'create' | 'reuse';
  readonly components: readonly ImportedComponent[];
  /** The flavors that were registered for it. */
  readonly flavors: readonly { readonly type: string; readonly name: string; readonly source: string }[];
  /** What of a ZenML export has no counterpart here, by component and field. */
  readonly unmapped: readonly Problem[];
}

/** Stacks as documents: `stack.yaml`, `stack.config.ts`, exports. */
export class ProjectDocuments {
  readonly #root: string;
  readonly #store: MetadataStore;
  readonly #flavors: ProjectFlavors;
  readonly #modules: ModuleLoader;
  readonly #keeper: PlainSecretKeeper;

  constructor(
    root: string,
    store: MetadataStore,
    flavors: ProjectFlavors,
    modules: ModuleLoader,
    keeper: PlainSecretKeeper,
  ) {
    this.#root = root;
    this.#store = store;
    this.#flavors = flavors;
    this.#modules = modules;
    this.#keeper = keeper;
  }

  /**
   * Reads the file of a stack: YAML, JSON, or a module whose default export is the stack.
   *
   * @param file default: `stack.config.ts` or `stack.yaml` at the root of the project
   * @throws FILE_NOT_FOUND, AMBIGUOUS when both are there, CONFIG_INVALID for a text that does not parse, and what
   * importing throws
   */
  async load(file?: string): Promise<StackFile> {
    return loadStackFile(this.#root, this.#modules, file);
  }

  /**
   * A stack with all that it is made of, as it is stored: secrets as references, configs in the version in which they
   * were stored. Runs no code of a flavor.
   *
   * @param reference default: the active stack
   * @throws STACK_NOT_FOUND, AMBIGUOUS, and CONFIG_INVALID for a field that became a secret and is stored in clear
   */
  async export(reference?: string): Promise<StackDocument> {
    const stack = await (reference === undefined ? this.#store.stacks.active() : this.#store.stacks.get(reference));
    const catalog = await this.#flavors.list();
    const problems = stack.components.flatMap((component) => exposedSecrets(component, catalog));
    if (problems.length > 0) throw documentError(`The stack "${stack.name}"`, problems);
    const components = Map.groupBy(stack.components, ({ type }) => type);
    return {
      version: 1,
      name: stack.name,
      labels: stack.labels,
      components: Object.fromEntries(
        [...components].map(([type, records]) => [type, records.map((record) => documentComponent(record, catalog))]),
      ),
    };
  }

  /**
   * Registers a stack that was exported, here or by ZenML, with its components and flavors: all of it or, when anything
   * is wrong, nothing. What exists is never changed.
   *
   * @param subject what the document is called in messages
   * @throws CONFIG_INVALID with every problem of the document, its configs and flavors
   * @throws STACK_INVALID when its components are no stack
   * @throws ALREADY_EXISTS with every name that is taken and, for `reuse`, with what differs
   */
  async import(
    input: StackInput | JsonObject,
    options: ImportOptions = {},
    subject = 'The document',
  ): Promise<ImportedStack> {
    if (!isZenmlExport(input)) return { ...(await this.#import(input, options, subject)), unmapped: [] };
    const { flavors } = await this.#flavors.list();
    const types = listStackTypes().map((type) => type.name);
    const { document, unmapped } = readZenmlExport(input, { types, flavors });
    try {
      return { ...(await this.#import(document, options, subject)), unmapped };
    } catch (error) {
      throw unmapped.length > 0 && StackError.is(error) ? withUnmapped(error, unmapped) : error;
    }
  }

  /**
   * What `apply` would do. Changes nothing.
   *
   * @param subject what the document is called in messages
   * @throws CONFIG_INVALID, STACK_INVALID and PROTECTED, with every problem
   */
  async plan(
    input: StackInput | JsonObject,
    subject = 'The document',
    options: DocumentOptions = {},
  ): Promise<StackPlan> {
    return this.#resolve(
      parseStackDocument(input, subject),
      { ...options, dryRun: true },
      subject,
      async (resolved) => {
        return (await this.#compare(this.#store, resolved, subject)).plan;
      },
    );
  }

  /**
   * Makes the project be as a document says, in one transaction: all of the plan or nothing. A component is deleted only
   * when applying this stack made it, and no other stack has it.
   *
   * @param subject what the document is called in messages
   * @returns what was done
   * @throws CONFIG_INVALID, STACK_INVALID and PROTECTED, with every problem
   */
  async apply(
    input: StackInput | JsonObject,
    subject = 'The document',
    options: DocumentOptions = {},
  ): Promise<StackPlan> {
    return this.#resolve(parseStackDocument(input, subject), options, subject, (resolved) =>
      this.#store.transaction(async (tables) => {
        const { plan, current } = await this.#compare(tables, resolved, subject);
        await applyPlan(tables, plan, current, resolved);
        return plan;
      }),
    );
  }

  /**
   * Writes the JSON Schema of `stack.yaml` into `.stack/`, for editors: it knows every flavor that the project can use.
   *
   * @returns its absolute path
   */
  async writeSchema(): Promise<string> {
    const { flavors } = await this.#flavors.list();
    const schema = stackJsonSchema({
      types: listStackTypes(),
      flavors: flavors.map(({ type, name, manifest, origin }) => {
        return { type, name, manifest, package: origin.kind === 'package' ? origin.package : undefined };
      }),
    });
    const file = join(this.#root, stateFolder, 'stack.schema.json');
    const text = `${JSON.stringify(schema, undefined, 2)}\n`;
    const isSame = await readFile(file, 'utf8').then(
      (existing) => existing === text,
      () => false,
    );
    if (!isSame) {
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    }
    return file;
  }

  /** Resolves a document, and does work with it in which references stand for the values of secrets. */
  async #resolve<Result>(
    document: StackDocument,
    { dryRun = false, allowPlainSecret = false }: ComponentWriteOptions,
    subject: string,
    work: (resolved: ResolvedDocument) => Promise<Result>,
  ): Promise<Result> {
    const tools = { flavors: this.#flavors, store: this.#store, dryRun, allowPlainSecret };
    const resolved = await resolveDocument(document, tools, subject);
    if (!allowPlainSecret) return work(resolved);
    const inputs = plainInputs(resolved, await readProjectState(this.#store, resolved));
    return this.#keeper.keep(inputs, { dryRun, allowPlainSecret }, (hidden) =>
      work({ ...resolved, document: withHiddenValues(resolved.document, inputs, hidden) }),
    );
  }

  async #import(
    input: StackInput | JsonObject,
    { onConflict = 'reuse', name, ...options }: ImportOptions,
    subject: string,
  ): Promise<Omit<ImportedStack, 'unmapped'>> {
    if (name !== undefined) checkName('stack', name);
    const parsed = parseStackDocument(input, subject);
    const document = { ...parsed, name: name ?? parsed.name };
    return this.#resolve(document, options, subject, async (resolved) => {
      const plan = await this.#store.transaction(async (tables) => {
        const planned = planImport(resolved.document, await readProjectState(tables, resolved), onConflict);
        if (planned.problems.length > 0) throw documentError(subject, planned.problems, 'was not imported');
        await importPlanned(tables, planned, resolved);
        return planned;
      }, options);
      return {
        name: plan.document.name,
        action: plan.action,
        components: plan.components,
        flavors: resolved.newFlavors.map(({ type, name: flavor, source }) => ({ type, name: flavor, source })),
      };
    });
  }

  async #compare(
    tables: StoreTables,
    resolved: ResolvedDocument,
    subject: string,
  ): Promise<{ readonly plan: StackPlan; readonly current: CurrentState }> {
    const { findComponent, findStack, components } = await readProjectState(tables, resolved);
    const stack = findStack(resolved.document.name);
    const applied = stack === undefined ? undefined : await tables.appliedDocuments.find(stack.id);
    const current: CurrentState = {
      find: findComponent,
      stack,
      newFlavors: resolved.newFlavors,
      applied:
        applied === undefined
          ? undefined
          : {
              document: parseStackDocument(applied.document, 'What was applied before'),
              made: components.filter(({ id }) => applied.made.includes(id)),
            },
    };
    const { plan, problems } = planStack(resolved.document, current);
    if (problems.length > 0) throw documentError(subject, problems, 'cannot be applied');
    return { plan, current };
  }
}

/** What was left out of a ZenML export may be why the rest of it is no stack. */
function withUnmapped(error: StackError, unmapped: readonly Problem[]): StackError {
  const lines = unmapped.map(({ path, message }) => `  ${path}: ${message}`);
  return new StackError({
    code: error.code,
    message: `${error.message}\nOf the ZenML stack could not be mapped:\n${lines.join('\n')}`,
    hint: error.hint,
    problems: [...(error.problems ?? []), ...unmapped],
  });
}
