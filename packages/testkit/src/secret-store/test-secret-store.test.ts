import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type ComponentContext,
  createComponent,
  defineFlavor,
  type RekeyedSecrets,
  Secret,
  type SecretChange,
  type SecretContent,
  type SecretEdit,
  type SecretOptions,
  type SecretScope,
  type SecretStore,
  type SecretSummary,
  type SecretWriteOptions,
  type StoredSecret,
} from '@stack/core';
import { describe, expect, it } from 'vitest';
import { type MemorySecretStoreConfig, memorySecretStoreConfigSchema } from '../memory-secret-store/config.ts';
import MemorySecretStore from '../memory-secret-store/implementation.ts';
import { secretStoreCases } from './secret-store-cases.ts';
import { checkSecretStore, type SecretStoreCase, secretStoreGaps } from './test-secret-store.ts';

type Values = Readonly<Record<string, string>>;
type StoreClass = new (context: ComponentContext<MemorySecretStoreConfig>) => SecretStore<MemorySecretStoreConfig>;

/** A store that changes values on the way to the backend. */
function withValues(change: (value: string) => string): StoreClass {
  const changed = (values: Values): Values =>
    Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)]));
  return class extends MemorySecretStore {
    override doCreate(name: string, values: Values, scope: SecretScope): Promise<SecretSummary> {
      return super.doCreate(name, changed(values), scope);
    }
  };
}

/** A store that changes names on the way to the backend. */
function withNames(change: (name: string) => string): StoreClass {
  return class extends MemorySecretStore {
    override doGet(names: readonly string[], scope: SecretScope): Promise<readonly SecretContent[]> {
      return super.doGet(names.map(change), scope);
    }
    override doCreate(name: string, values: Values, scope: SecretScope): Promise<SecretSummary> {
      return super.doCreate(change(name), values, scope);
    }
  };
}

class KeepsInAPlainObject extends MemorySecretStore {
  override doCreate(name: string, values: Values, scope: SecretScope): Promise<SecretSummary> {
    const plain: Record<string, string> = {};
    for (const [key, value] of Object.entries(values)) plain[key] = value;
    return super.doCreate(name, plain, scope);
  }
}

class KeepsOneValue extends MemorySecretStore {
  override doCreate(name: string, values: Values, scope: SecretScope): Promise<SecretSummary> {
    return super.doCreate(name, Object.fromEntries(Object.entries(values).slice(0, 1)), scope);
  }
}

class ReadsTwentyAtOnce extends MemorySecretStore {
  override doGet(names: readonly string[], scope: SecretScope): Promise<readonly SecretContent[]> {
    return super.doGet(names.slice(0, 20), scope);
  }
}

class ListsAHundred extends MemorySecretStore {
  override async doList(scope: SecretScope): Promise<readonly SecretSummary[]> {
    return (await super.doList(scope)).slice(0, 100);
  }
}

class ListsNoKeys extends MemorySecretStore {
  override async doList(scope: SecretScope): Promise<readonly SecretSummary[]> {
    return (await super.doList(scope)).map((summary) => ({ ...summary, keys: [] }));
  }
}

class FindsWhatObjectsInherit extends MemorySecretStore {
  override findKey(key: string): string | undefined {
    return key in {} ? key : super.findKey(key, ['a', 'b']);
  }
}

class ReadsAMissingSecretAsEmpty extends MemorySecretStore {
  override async doGet(names: readonly string[], scope: SecretScope): Promise<readonly SecretContent[]> {
    const found = await super.doGet(names, scope);
    return found.length > 0 ? found : names.map((name) => ({ name, scope, values: {} }));
  }
}

class RemembersInTheClear extends MemorySecretStore {
  readonly cache: SecretContent[] = [];
  override async doGet(names: readonly string[], scope: SecretScope): Promise<readonly SecretContent[]> {
    this.cache.push(...(await super.doGet(names, scope)));
    return super.doGet(names, scope);
  }
}

class MakesSecretsByHand extends MemorySecretStore {
  override async getMany(names: readonly string[]): Promise<ReadonlyMap<string, StoredSecret>> {
    const contents = await this.doGet(names, 'project');
    return new Map(
      contents.map(({ values, ...content }) => [
        content.name,
        {
          ...content,
          keys: Object.keys(values),
          values: Object.fromEntries(Object.entries(values).map(([key, value]) => [key, new Secret(value)])),
        },
      ]),
    );
  }
}

class KeepsForItself extends MemorySecretStore {
  constructor(context: ComponentContext<MemorySecretStoreConfig>) {
    super({ ...context, overrides: {} });
  }
}

class ForgetsWhatItIs extends MemorySecretStore {
  override hasCapability(capability: string): boolean {
    return capability === 'read-only' || super.hasCapability(capability);
  }
  override create(name: string, values: Values, options: SecretWriteOptions = {}): Promise<SecretSummary> {
    return super.doCreate(name, values, options.scope ?? 'project');
  }
}

class SummarisesWhatItWasGiven extends MemorySecretStore {
  override async doCreate(name: string, values: Values, scope: SecretScope): Promise<SecretSummary> {
    await super.doCreate(name, values, scope);
    return { name, scope, keys: Object.keys(values) };
  }
}

class ReplacesOnCreate extends MemorySecretStore {
  override async doCreate(name: string, values: Values, scope: SecretScope): Promise<SecretSummary> {
    await this.doDelete(name, scope);
    return super.doCreate(name, values, scope);
  }
}

class ChecksNothing extends MemorySecretStore {
  override create(name: string, values: Values, { scope = 'project' }: SecretWriteOptions = {}) {
    return this.doCreate(name, values, scope);
  }
  override async update(name: string, change: SecretChange, { scope = 'project' }: SecretWriteOptions = {}) {
    const edit = (current: Values) => ({ ...current, ...change.set });
    return (await this.doUpdate(name, edit, scope)) as SecretSummary;
  }
}

class ChecksBeforeItWaits extends MemorySecretStore {
  override async doCreate(name: string, values: Values, scope: SecretScope): Promise<SecretSummary> {
    if ((await this.doGet([name], scope)).length > 0) throw this.alreadyExists(name, scope);
    await nextTurn();
    await this.doDelete(name, scope);
    return super.doCreate(name, values, scope);
  }
}

class ReadsBeforeItWaits extends MemorySecretStore {
  override async doUpdate(name: string, edit: SecretEdit, scope: SecretScope): Promise<SecretSummary | undefined> {
    const [content] = await this.doGet([name], scope);
    await nextTurn();
    return super.doUpdate(name, () => edit(content?.values ?? {}), scope);
  }
}

class ReplacesOnUpdate extends MemorySecretStore {
  override doUpdate(name: string, edit: SecretEdit, scope: SecretScope): Promise<SecretSummary | undefined> {
    return super.doUpdate(
      name,
      (current) => Object.fromEntries(Object.entries(edit(current)).filter(([key, value]) => current[key] !== value)),
      scope,
    );
  }
}

class CopiesInsteadOfRenaming extends MemorySecretStore {
  override async doRename(name: string, newName: string, scope: SecretScope): Promise<SecretSummary | undefined> {
    const [content] = await this.doGet([name], scope);
    return content && this.doCreate(newName, content.values, scope);
  }
}

class RenamesOverOthers extends MemorySecretStore {
  override async doRename(name: string, newName: string, scope: SecretScope): Promise<SecretSummary | undefined> {
    await this.doDelete(newName, scope);
    return super.doRename(name, newName, scope);
  }
}

class RemovesBeforeItRenames extends MemorySecretStore {
  override async doRename(name: string, newName: string, scope: SecretScope): Promise<SecretSummary | undefined> {
    const [content] = await this.doGet([name], scope);
    await this.doDelete(name, scope);
    return content && this.doCreate(newName, content.values, scope);
  }
}

class OnlyMarksAsDeleted extends MemorySecretStore {
  readonly #marked = new Set<string>();
  override async doDelete(name: string): Promise<boolean> {
    this.#marked.add(name);
    return true;
  }
  override async doGet(names: readonly string[], scope: SecretScope): Promise<readonly SecretContent[]> {
    return super.doGet(
      names.filter((name) => !this.#marked.has(name)),
      scope,
    );
  }
}

class DeletesWhatIsNotThere extends MemorySecretStore {
  override async doDelete(name: string, scope: SecretScope): Promise<boolean> {
    await super.doDelete(name, scope);
    return true;
  }
}

class RunsDryForReal extends MemorySecretStore {
  override delete(name: string, { dryRun: _, ...options }: SecretWriteOptions = {}): Promise<void> {
    return super.delete(name, options);
  }
}

class AddsTheRequestToErrors extends MemorySecretStore {
  override async doCreate(name: string, values: Values, scope: SecretScope): Promise<SecretSummary> {
    return super.doCreate(name, values, scope).catch(() => {
      throw Object.assign(this.alreadyExists(name, scope), { request: { name, values } });
    });
  }
}

class IgnoresSignals extends MemorySecretStore {
  override list({ signal: _, ...options }: SecretOptions = {}): Promise<readonly SecretSummary[]> {
    return super.list(options);
  }
  override rename(name: string, newName: string, { signal: _, ...options }: SecretWriteOptions = {}) {
    return super.rename(name, newName, options);
  }
}

class WritesValueByValue extends MemorySecretStore {
  override async doCreate(
    name: string,
    values: Values,
    scope: SecretScope,
    { signal }: SecretOptions = {},
  ): Promise<SecretSummary> {
    const [first = ['', '']] = Object.entries(values);
    const summary = await super.doCreate(name, Object.fromEntries([first]), scope);
    await nextTurn();
    signal?.throwIfAborted();
    return (await this.doUpdate(name, () => values, scope)) ?? summary;
  }
}

class IsBornAnewWithEachChange extends MemorySecretStore {
  override async doUpdate(name: string, edit: SecretEdit, scope: SecretScope): Promise<SecretSummary | undefined> {
    const changed = await super.doUpdate(name, edit, scope);
    return changed && { ...changed, createdAt: new Date(Date.now() + 1000) };
  }
}

class AddsThePersonalSecretToTheOther extends MemorySecretStore {
  override async getMany(names: readonly string[], options: SecretOptions = {}) {
    const found = new Map(await super.getMany(names, { ...options, scope: 'project' }));
    for (const [name, secret] of await super.getMany(names, { ...options, scope: 'personal' })) {
      found.set(name, { ...secret, values: { ...found.get(name)?.values, ...secret.values } });
    }
    return found;
  }
}

class TakesScopesForOne extends MemorySecretStore {
  override doDelete(name: string): Promise<boolean> {
    return super.doDelete(name, 'project');
  }
}

class ListsPersonalSecretsFirst extends MemorySecretStore {
  override async list(options: SecretOptions = {}): Promise<readonly SecretSummary[]> {
    const found = await super.list(options);
    return found.toSorted((a, b) => (a.scope < b.scope ? -1 : 1));
  }
}

class WritesWhereItReads extends MemorySecretStore {
  override async update(name: string, change: SecretChange, options: SecretWriteOptions = {}): Promise<SecretSummary> {
    const { scope } = await this.get(name, options);
    return super.update(name, change, { ...options, scope });
  }
}

class LosesOnRekey extends MemorySecretStore {
  override async doRekey(scope: SecretScope): Promise<Omit<RekeyedSecrets, 'scope'>> {
    const secrets = await this.doList(scope);
    const [last] = secrets.slice(-1);
    if (last !== undefined) await this.doDelete(last.name, scope);
    return { secrets: secrets.length, key: 'new' };
  }
}

const convictions: readonly (readonly [fault: string, store: StoreClass, convictedBy: readonly SecretStoreCase[]])[] = [
  ['keeps one value', KeepsOneValue, ['a secret is read back value by value']],
  ['trims values', withValues((value) => value.trim()), ['a value is kept character by character']],
  ['normalises Unicode', withValues((value) => value.normalize('NFC')), ['a value is kept character by character']],
  [
    'changes ends of lines',
    withValues((text) => text.replaceAll('\r\n', '\n')),
    ['a value is kept character by character'],
  ],
  [
    'takes digits for numbers',
    withValues((text) => (/^\d+$/.test(text) ? String(+text) : text)),
    ['a value is kept character by character'],
  ],
  ['decodes per cent', withValues((text) => text.replaceAll('%2F', '/')), ['a value is kept character by character']],
  ['cuts values off', withValues((value) => value.slice(0, 30_000)), ['a value of 32 KiB is kept']],
  ['keeps values in a plain object', KeepsInAPlainObject, ['every name and key that there may be is kept']],
  [
    'folds case',
    withNames((name) => name.toLowerCase()),
    ['names and keys that differ in case, or in - and _, are different ones'],
  ],
  [
    'takes - for _',
    withNames((name) => name.replaceAll('-', '_')),
    ['names and keys that differ in case, or in - and _, are different ones'],
  ],
  ['reads twenty at once', ReadsTwentyAtOnce, ['getMany gives those of the names that exist']],
  [
    'finds what objects inherit',
    FindsWhatObjectsInherit,
    ['resolve gives the value of each reference in the order asked for'],
  ],
  [
    'reads a missing secret as empty',
    ReadsAMissingSecretAsEmpty,
    ['a missing secret is SECRET_NOT_FOUND, with the nearest name'],
  ],
  ['lists no keys', ListsNoKeys, ['list gives names and keys in the order of their bytes']],
  ['lists a hundred', ListsAHundred, ['a list of more than 100 secrets is complete']],
  [
    'makes secrets by hand',
    MakesSecretsByHand,
    ['what is read is masked in this process from then on', 'a value that is a reference is SECRET_REFERENCE_INVALID'],
  ],
  ['remembers values in the clear', RemembersInTheClear, ['a value shows by reveal alone']],
  [
    'ignores signals',
    IgnoresSignals,
    [
      'a read with a signal that is aborted already is ABORTED',
      'a write with a signal that is aborted already is ABORTED and changes nothing',
    ],
  ],
  ['keeps secrets for itself', KeepsForItself, ['another component over the same backend finds the same']],
  [
    'takes writes that it says it does not',
    ForgetsWhatItIs,
    ['what the capabilities do not name is CAPABILITY_UNSUPPORTED'],
  ],
  ['summarises what it was given', SummarisesWhatItWasGiven, ['create gives what is then known of the secret']],
  [
    'replaces on create',
    ReplacesOnCreate,
    ['create is ALREADY_EXISTS for a name that is taken, and keeps what is there'],
  ],
  [
    'checks nothing',
    ChecksNothing,
    [
      'create refuses what is no name, no key and no value, all at once',
      'a secret whose values are longer than 64 KiB together is ARGUMENT_INVALID',
      'update refuses what is no key and no value, and what would leave no value',
      'what is written is masked in this process from then on',
    ],
  ],
  ['checks before it waits', ChecksBeforeItWaits, ['of creators of one name at once exactly one wins']],
  ['reads before it waits', ReadsBeforeItWaits, ['updates of different keys at once all hold']],
  ['replaces on update', ReplacesOnUpdate, ['update changes what it names, and nothing else']],
  ['copies instead of renaming', CopiesInsteadOfRenaming, ['rename keeps the values, and frees the name']],
  ['renames over others', RenamesOverOthers, ['rename is ALREADY_EXISTS for a name that is taken, and keeps both']],
  [
    'removes before it renames',
    RemovesBeforeItRenames,
    ['of renames to one name at once exactly one wins, and nothing is lost'],
  ],
  ['only marks as deleted', OnlyMarksAsDeleted, ['delete takes the secret away, and its name can be used anew']],
  [
    'deletes what is not there',
    DeletesWhatIsNotThere,
    ['a change of a missing secret is SECRET_NOT_FOUND, with the nearest name'],
  ],
  ['runs dry for real', RunsDryForReal, ['a dry run does all checks, gives what would be, and writes nothing']],
  ['adds the request to errors', AddsTheRequestToErrors, ['no error shows a value, nor does one of its causes']],
  ['writes value by value', WritesValueByValue, ['a write that is aborted on its way is ABORTED, or holds as a whole']],
  [
    'is born anew with each change',
    IsBornAnewWithEachChange,
    ['times tell the creation and the last change, where they are known'],
  ],
  [
    'adds the personal secret to the other',
    AddsThePersonalSecretToTheOther,
    ['a personal secret hides the one of the project as a whole'],
  ],
  [
    'lists personal secrets first',
    ListsPersonalSecretsFirst,
    ['list gives the secret of the project before the personal one'],
  ],
  ['takes scopes for one', TakesScopesForOne, ['a change of one scope leaves the other as it is']],
  ['writes where it reads', WritesWhereItReads, ['what is written without a scope is of the project']],
  [
    'loses a secret on rekey',
    LosesOnRekey,
    [
      'rekey keeps every value, also for those who have the store open',
      'rekey beside readers and writers loses nothing',
    ],
  ],
];

function optionsFor(store: StoreClass) {
  const flavor = defineFlavor({
    type: 'secret-store',
    name: 'broken',
    configSchema: memorySecretStoreConfigSchema,
    capabilities: ['personal', 'rekey'],
    implementation: async () => ({ default: store }),
  });
  // One memory for each case, as cases run one after the other.
  let memory = new Map();
  const open = () => createComponent(flavor, { name: 'broken', config: {} }, { memory });
  const create = () => {
    memory = new Map();
    return open();
  };
  return { name: 'broken', create, reopen: open };
}

describe('the suite convicts a store that', () => {
  it.each(convictions)('%s', async (_, store, convictedBy) => {
    const results = await checkSecretStore(optionsFor(store), { cases: convictedBy });
    expect(results.map(({ name, outcome }) => [name, outcome])).toEqual(convictedBy.map((name) => [name, 'failed']));
  });

  it('breaks any of the rules', () => {
    const convicting = new Set(convictions.flatMap(([, , cases]) => cases));
    expect(Object.keys(secretStoreCases).filter((name) => !convicting.has(name as SecretStoreCase))).toEqual([]);
  });
});

describe('what a store lacks', () => {
  it('is declared with all cases about it', async () => {
    const unsupported = secretStoreGaps({ rekey: 'it is not encrypted' });
    const results = await checkSecretStore({ ...optionsFor(MemorySecretStore), unsupported });
    const outcomes = Map.groupBy(results, ({ outcome }) => outcome);
    expect([...outcomes.keys()].toSorted()).toEqual(['passed', 'unsupported']);
    expect(outcomes.get('unsupported')?.map(({ name }) => name)).toEqual(Object.keys(unsupported));
  });
});
