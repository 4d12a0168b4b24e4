import { createHash } from 'node:crypto';
import type { ImportTarget, LoadedModule, ModuleGraph } from './module-graph.ts';
import type { CodeUnit, ImportedName } from './module-summary.ts';

/** What code is made of. */
export interface ReachedCode {
  /** From each part's label to the digest of what it does, or the version of a package. */
  readonly parts: ReadonlyMap<string, string>;
  readonly units: readonly UnitPart[];
  /** Files of the project, with the time of their last change. */
  readonly files: readonly { readonly label: string; readonly changedAt: number }[];
}

export interface UnitPart {
  readonly unit: CodeUnit;
  readonly of: LoadedModule;
}

/** What code leads to: a unit, a module as a whole, or something whose code is not looked at. */
type Part =
  | UnitPart
  | { readonly whole: LoadedModule }
  | { readonly label: string; readonly value: string; readonly changedAt?: number };

/** What a unit mentions, and what that is. */
interface Lead {
  readonly name: string;
  readonly parts: readonly Part[];
}

/** Finds what units of code are made of. One is for one state of the files. */
export class CodeReach {
  readonly #graph: ModuleGraph;
  readonly #others: readonly LoadedModule[];
  #changingOthers: readonly UnitPart[] | undefined;
  readonly #effects = new Map<LoadedModule, readonly UnitPart[]>();
  readonly #changing = new Map<LoadedModule, readonly UnitPart[]>();
  readonly #leads = new Map<CodeUnit, readonly Lead[]>();
  readonly #digests = new Map<CodeUnit, string>();
  readonly #values = new Map<CodeUnit, ReadonlySet<CodeUnit>>();

  /** @param others modules that are evaluated too: of these and what they import, only what may change the same values counts */
  constructor(graph: ModuleGraph, others: readonly LoadedModule[] = []) {
    this.#graph = graph;
    this.#others = others;
  }

  /**
   * What these units are made of, and what has run before them since their modules, and those that these import, are
   * evaluated: statements, and what computes a variable, count where they use the same values, which they may change.
   *
   * @throws UnknownCode where it cannot be known
   */
  from(roots: readonly UnitPart[]): ReachedCode {
    const parts = new Map<string, string>();
    const files = new Map<string, number>();
    const units = new Map<CodeUnit, UnitPart>();
    const wholes = new Set<LoadedModule>();
    const evaluated = new Set<LoadedModule>();

    const visit = (part: Part, isEffect: boolean): void => {
      if ('value' in part) {
        parts.set(part.label, part.value);
        if (part.changedAt !== undefined) files.set(part.label, part.changedAt);
      } else if ('whole' in part) {
        if (wholes.has(part.whole)) return;
        wholes.add(part.whole);
        evaluated.add(part.whole);
        for (const next of this.#contentsOf(part.whole)) visit(next, isEffect);
      } else {
        const { unit, of } = part;
        // That a module runs its pipelines is no part of what their steps do.
        if (units.has(unit) || (isEffect && unit.kind === 'pipeline')) return;
        units.set(unit, part);
        evaluated.add(of);
        if (unit.unknown !== undefined)
          throw new UnknownCode(`${of.label}:${unit.unknown.line} ${unit.unknown.reason}`);
        parts.set(labelOf(part), this.#digestOf(part));
        for (const lead of this.#leadsOf(part)) for (const next of lead.parts) visit(next, isEffect);
      }
    };

    for (const root of roots) visit(root, false);
    this.#changingOthers ??= [...this.#evaluatedWith(this.#others)]
      .flatMap((module) => this.#effectsIn(module))
      .filter((part) => this.#valuesOf(part).size > 0);
    for (let size = -1; size < units.size; ) {
      size = units.size;
      for (const module of this.#evaluatedWith(evaluated)) {
        evaluated.add(module);
        for (const part of this.#effectsIn(module)) visit(part, true);
      }
      for (const part of [...[...evaluated].flatMap((module) => this.#changingIn(module)), ...this.#changingOthers]) {
        if (!units.has(part.unit) && [...this.#valuesOf(part)].some((value) => units.has(value))) visit(part, true);
      }
    }
    for (const module of evaluated) {
      files.set(module.label, module.changedAt);
      const order = module.summary.units.filter((unit) => units.has(unit)).map(({ label }) => label);
      if (order.length > 1) parts.set(`${module.label}#order`, sha256(order));
    }
    return {
      parts,
      units: [...units.values()],
      files: [...files].map(([label, changedAt]) => ({ label, changedAt })),
    };
  }

  /** Modules, and all that are evaluated before them. */
  #evaluatedWith(modules: Iterable<LoadedModule>): ReadonlySet<LoadedModule> {
    const all = new Set(modules);
    // Grows while it is walked.
    for (const module of all) {
      for (const specifier of module.summary.evaluated) {
        const target = this.#targetOf(module, specifier);
        if (target.kind === 'module') all.add(this.#moduleAt(target.path));
      }
    }
    return all;
  }

  #effectsIn(module: LoadedModule): readonly UnitPart[] {
    const effects = this.#effects.get(module) ?? partsOf(module, 'effect');
    this.#effects.set(module, effects);
    return effects;
  }

  /** What computes variables of a module and uses other values. */
  #changingIn(module: LoadedModule): readonly UnitPart[] {
    const changing =
      this.#changing.get(module) ?? partsOf(module, 'value').filter((part) => this.#valuesOf(part).size > 0);
    this.#changing.set(module, changing);
    return changing;
  }

  /** The values that a unit uses when it is evaluated, by itself and in the functions that it may call. */
  #valuesOf(part: UnitPart): ReadonlySet<CodeUnit> {
    const known = this.#values.get(part.unit);
    if (known !== undefined) return known;
    const values = new Set<CodeUnit>();
    const used = new Set<CodeUnit>();
    const use = ({ unit, of }: UnitPart, names: readonly string[]): void => {
      if (used.has(unit)) return;
      used.add(unit);
      for (const next of names.flatMap((name) => this.#named(of, name))) {
        if (!('unit' in next)) continue;
        if (next.unit.kind === 'value' || settersOf(next).length > 0) values.add(next.unit);
        if (next.unit.kind === 'declaration') use(next, next.unit.references);
      }
    };
    use(part, part.unit.referencesAtOnce);
    this.#values.set(part.unit, values);
    return values;
  }

  /** Equal for two units only if they do the same with the same other ones. */
  #digestOf(part: UnitPart): string {
    const known = this.#digests.get(part.unit);
    if (known !== undefined) return known;
    const leads = this.#leadsOf(part).map(({ name, parts }) => [name, ...parts.map(labelOf)]);
    const digest = sha256([part.unit.digest, leads]);
    this.#digests.set(part.unit, digest);
    return digest;
  }

  #leadsOf({ unit, of }: UnitPart): readonly Lead[] {
    const known = this.#leads.get(unit);
    if (known !== undefined) return known;
    const named = [...unit.references].sort().map((name) => ({ name, parts: this.#named(of, name) }));
    const imported = [...unit.imports].sort().map((specifier) => ({
      name: specifier,
      parts: this.#imported(of, { specifier, name: '*' }),
    }));
    // What sets a variable belongs to it as much as what declares it.
    const setters = settersOf({ unit, of });
    const leads = [
      ...named,
      ...imported,
      ...setters.map((setter) => ({ name: `${setter.label} sets it`, parts: [{ unit: setter, of }] })),
    ];
    this.#leads.set(unit, leads);
    return leads;
  }

  /** What a name of a module stands for. */
  #named(of: LoadedModule, name: string): readonly Part[] {
    const units = of.summary.units.filter(({ names }) => names.includes(name));
    if (units.length > 0) return units.map((unit) => ({ unit, of }));
    const imported = own(of.summary.imports, name);
    return imported === undefined ? [] : this.#imported(of, imported);
  }

  #imported(from: LoadedModule, imported: ImportedName): readonly Part[] {
    const target = this.#targetOf(from, imported.specifier);
    switch (target.kind) {
      case 'module':
        return this.#exported(this.#moduleAt(target.path), imported.name, new Set());
      case 'package':
        return [{ label: `package:${target.name}`, value: target.version }];
      case 'data':
        return [{ label: target.label, value: target.digest, changedAt: target.changedAt }];
      case 'builtin':
        return [];
      case 'unknown':
        throw new UnknownCode(target.reason);
    }
  }

  /** What a module exports by a name; all of it where that cannot be told. */
  #exported(module: LoadedModule, name: string, seen: Set<LoadedModule>): readonly Part[] {
    const found = name === '*' ? undefined : this.#findExport(module, name, seen);
    if (found !== undefined) return found;
    return [{ whole: module }];
  }

  #findExport(module: LoadedModule, name: string, seen: Set<LoadedModule>): readonly Part[] | undefined {
    if (seen.has(module)) return undefined;
    seen.add(module);
    const exported = own(module.summary.exports, name);
    if (exported !== undefined) {
      return 'local' in exported ? this.#named(module, exported.local) : this.#imported(module, exported);
    }
    if (name === 'default') return undefined;
    for (const specifier of module.summary.stars) {
      const target = this.#targetOf(module, specifier);
      const found = target.kind === 'module' && this.#findExport(this.#moduleAt(target.path), name, seen);
      if (found) return found;
    }
    return undefined;
  }

  #contentsOf(module: LoadedModule): readonly Part[] {
    const { units, exports, stars } = module.summary;
    const others = Object.values(exports).filter((exported) => 'specifier' in exported);
    const starred = stars.map((specifier) => ({ specifier, name: '*' }));
    return [
      ...units.map((unit) => ({ unit, of: module })),
      ...[...others, ...starred].flatMap((imported) => this.#imported(module, imported)),
    ];
  }

  #targetOf(module: LoadedModule, specifier: string): ImportTarget {
    return module.targets.get(specifier) ?? { kind: 'unknown', reason: `${module.label} imports "${specifier}"` };
  }

  #moduleAt(path: string): LoadedModule {
    const module = this.#graph.get(path);
    if (module === undefined || typeof module === 'string') throw new UnknownCode(module ?? `${path} was not read`);
    return module;
  }
}

/** Code whose behaviour cannot be known from the files of the project. */
export class UnknownCode extends Error {}

function partsOf(of: LoadedModule, kind: CodeUnit['kind']): readonly UnitPart[] {
  return of.summary.units.filter((unit) => unit.kind === kind).map((unit) => ({ unit, of }));
}

/** The units that set what a unit declares. */
function settersOf({ unit, of }: UnitPart): readonly CodeUnit[] {
  return of.summary.units.filter(({ assigned }) => assigned.some((name) => unit.names.includes(name)));
}

function labelOf(part: Part): string {
  if ('value' in part) return part.label;
  return 'whole' in part ? part.whole.label : `${part.of.label}#${part.unit.label}`;
}

function own<Value>(record: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function sha256(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
