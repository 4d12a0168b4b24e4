import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { type ErrorCode, maskSecrets, Secret, type SecretScope, type SecretStore, StackError } from '@stack/core';
import type { CaseContext, ConformanceCases } from '../conformance/conformance-suite.ts';
import { expectCode } from '../conformance/expect-code.ts';

type Values = Readonly<Record<string, string>>;

/** How the cases reach the backend behind the store that they are put to. */
export interface SecretStoreHooks {
  /** Makes another component over the backend of the one given, as another process would. */
  readonly reopen: (store: SecretStore) => Promise<SecretStore>;
  /**
   * Puts a secret of the project into the backend as another program might, whatever the contract says of its values.
   * Default: by `doCreate` of the store, so that a store without writes has to bring it.
   */
  readonly plant?: (store: SecretStore, name: string, values: Values) => Promise<void>;
}

type Context = CaseContext<SecretStore, SecretStoreHooks>;

type Cases = ConformanceCases<SecretStore, string, SecretStoreHooks>;

const longestValue = 32 * 1024;

/** Values that a careless store trims, decodes, folds, normalises, expands or takes for something else. */
const oddValues = [
  ' begins and ends with a space ',
  'two\nlines\n',
  'two\r\nlines\r\n',
  '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg+/=\n-----END PRIVATE KEY-----\n',
  'tab\there, \u0007 a bell and \u0000 nothing',
  `"double", 'single' and \`back\` quotes`,
  'C:\\new\\table\\\\server',
  '{"type":"service_account","key":"a\\nb","list":[1,null]}',
  '["a list"]',
  'postgres://user:p%40ss%2Fword@host:5432/db?ssl=true&x=1',
  '$HOME $\u007BHOME} %PATH% ~ `id` $(id)',
  '<a href="x">&amp;</a>',
  'null  ',
  '000123456',
  '1234567890123456789',
  '1.10e+10',
  'a\u00e9 as one character',
  'e\u0301 as two characters',
  '\u{1F600}\u{1F468}\u200D\u{1F469}\u200D\u{1F467}',
  '\u65E5\u672C\u8A9E\u306E\u79D8\u5BC6',
  '\u202Eright to left',
  '\uFEFFbegins with a mark of byte order',
  '\uFFFDreplacement\uFFFF',
  'is no reference: {{name.key}}',
  '{{name.key}} is none either',
  '\\{{name.key}}',
  '{name.key}',
  '[secret] and more',
  '=1+1+1',
  '-rf --value',
  'ends with a backslash\\',
];

/** Keys that are properties of every object. */
const oddKeys = ['constructor', 'toString', '__proto__', 'hasOwnProperty', 'length'];

const reading = {
  'a secret is read back value by value': async (context: Context) => {
    const values = { user: value(), password: value() };
    await given(context, { database: values });
    const secret = await context.component.get('database');
    assert.equal(secret.name, 'database');
    assert.equal(secret.scope, 'project');
    assert.deepEqual(secret.keys, ['password', 'user']);
    assert.deepEqual(revealed(secret.values), values);
  },
  'a value is kept character by character': async (context: Context) => {
    const values = Object.fromEntries(oddValues.map((text, index) => [`value_${index}`, text]));
    await given(context, { odd: values });
    assert.deepEqual(revealed((await context.component.get('odd')).values), values);
  },
  'a value of 32 KiB is kept': async (context: Context) => {
    const ascii = value().padEnd(longestValue, 'x');
    const unicode = '\u65E5'.repeat(longestValue / 3);
    await given(context, { first: { large: ascii }, second: { large: unicode } });
    assert.equal((await context.component.get('first')).values.large?.reveal(), ascii);
    assert.equal((await context.component.get('second')).values.large?.reveal(), unicode);
  },
  'every name and key that there may be is kept': async (context: Context) => {
    const name = `0-_${'n'.repeat(97)}`;
    const values = Object.fromEntries([`_.-${'k'.repeat(97)}`, '0', 'a.b.c', ...oddKeys].map((key) => [key, value()]));
    await given(context, { [name]: values, constructor: { a: value() }, toString: { a: value() } });
    assert.deepEqual(revealed((await context.component.get(name)).values), values);
    assert.deepEqual(
      (await context.component.list()).map((summary) => summary.name),
      [name, 'constructor', 'toString'],
    );
  },
  'names and keys that differ in case, or in - and _, are different ones': async (context: Context) => {
    const names = ['A-B', 'A_B', 'a-b', 'a_b'];
    const secrets = Object.fromEntries(
      names.map((name) => [name, Object.fromEntries(['K.1', 'K_1', 'k.1', 'k_1'].map((key) => [key, value()]))]),
    );
    await given(context, secrets);
    for (const name of names) {
      assert.deepEqual(revealed((await context.component.get(name)).values), secrets[name]);
    }
    assert.equal((await context.component.getMany(['A_b', 'a-B'])).size, 0);
  },
  'getMany gives those of the names that exist': async (context: Context) => {
    const names = Array.from({ length: 45 }, (_, index) => `secret_${index}`);
    const secrets = Object.fromEntries(names.map((name) => [name, { key: value() }]));
    await given(context, secrets);
    const asked = [...names, ...names, 'missing', 'constructor', '', 'no name', '../secret_1'];
    const found = await context.component.getMany(asked);
    assert.deepEqual([...found.keys()].toSorted(), names.toSorted());
    for (const [name, secret] of found) assert.deepEqual(revealed(secret.values), secrets[name]);
    assert.equal((await context.component.getMany([])).size, 0);
  },
  'resolve gives the value of each reference in the order asked for': async (context: Context) => {
    const [first, second, third] = [value(), value(), value()];
    await given(context, { one: { a: first, b: second }, two: { a: third } });
    const references = ['two.a', 'one.b', 'one.c', 'three.a', 'one.constructor', 'one.a', 'two.a'].map((text) => {
      const [name = '', key = ''] = text.split('.');
      return { name, key };
    });
    const found = await context.component.resolve(references);
    assert.deepEqual(
      found.map((secret) => secret?.reveal()),
      [third, second, undefined, undefined, undefined, first, third],
    );
  },
  'a missing secret is SECRET_NOT_FOUND, with the nearest name': async (context: Context) => {
    await given(context, { database: { key: value() } });
    for (const name of ['databse', 'constructor', '', 'no name', '../database', 'x'.repeat(101)]) {
      await expectCode('SECRET_NOT_FOUND', () => context.component.get(name));
    }
    const error = await rejection(context.component.get('databse'));
    assert.match(error.hint ?? '', /\bdatabase\b/);
  },
  'list gives names and keys in the order of their bytes': async (context: Context) => {
    assert.deepEqual(await context.component.list(), []);
    await given(context, { beta: { z: value(), a: value() }, a9: { key: value() }, a10: { key: value() } });
    const found = await context.component.list();
    assert.deepEqual(
      found.map(({ name, scope, keys }) => ({ name, scope, keys })),
      [
        { name: 'a10', scope: 'project', keys: ['key'] },
        { name: 'a9', scope: 'project', keys: ['key'] },
        { name: 'beta', scope: 'project', keys: ['a', 'z'] },
      ],
    );
  },
  'a list of more than 100 secrets is complete': async (context: Context) => {
    const names = Array.from({ length: 120 }, (_, index) => `secret_${String(index).padStart(3, '0')}`);
    await given(context, Object.fromEntries(names.map((name) => [name, { key: value() }])));
    assert.deepEqual(
      (await context.component.list()).map(({ name }) => name),
      names,
    );
  },
  'what is read is masked in this process from then on': async (context: Context) => {
    const { component } = context;
    const [first, second] = [value(), value()];
    await plant(context, 'first', { key: first });
    await plant(context, 'second', { key: second });
    await component.get('first');
    await component.resolve([{ name: 'second', key: 'key' }]);
    assert.equal(maskSecrets(`${first}, ${second}`), '[secret], [secret]');
  },
  'a value shows by reveal alone': async (context: Context) => {
    const { component: store } = context;
    const text = value();
    await given(context, { database: { password: text } });
    const secret = await store.get('database');
    assert.ok(Secret.is(secret.values.password), 'a value is no Secret');
    const resolved = await store.resolve([{ name: 'database', key: 'password' }]);
    const results: unknown[] = [secret, await store.getMany(['database']), await store.list(), resolved, store];
    for (const result of results) assertHides(result, [text]);
  },
  'a value that is a reference is SECRET_REFERENCE_INVALID': async (context: Context) => {
    const { component } = context;
    await plant(context, 'chain', { key: '{{other.key}}' });
    await expectCode('SECRET_REFERENCE_INVALID', () => component.get('chain'));
    await expectCode('SECRET_REFERENCE_INVALID', () => component.getMany(['chain']));
    await expectCode('SECRET_REFERENCE_INVALID', () => component.resolve([{ name: 'chain', key: 'key' }]));
  },
  'a read with a signal that is aborted already is ABORTED': async (context: Context) => {
    const { component: store } = context;
    await given(context, { database: { key: value() } });
    const options = { signal: AbortSignal.abort() };
    await expectCode('ABORTED', () => store.get('database', options));
    await expectCode('ABORTED', () => store.getMany(['database'], options));
    await expectCode('ABORTED', () => store.resolve([{ name: 'database', key: 'key' }], options));
    await expectCode('ABORTED', () => store.list(options));
  },
  'another component over the same backend finds the same': async (context: Context) => {
    const values = { key: value() };
    await given(context, { database: values });
    const other = await reopened(context);
    assert.deepEqual(revealed((await other.get('database')).values), values);
    assert.deepEqual(await other.list(), await context.component.list());
  },
  'what the capabilities do not name is CAPABILITY_UNSUPPORTED': async (context: Context) => {
    const { component: store } = context;
    await given(context, { database: { key: value() } });
    const dryRun = true;
    const takesWrites = !store.hasCapability('read-only');
    const writes: Record<string, (scope: SecretScope) => Promise<unknown>> = {
      create: (scope) => store.create('new', { key: value() }, { scope, dryRun }),
      update: (scope) => store.update('database', { set: { key: value() } }, { scope, dryRun }),
      rename: (scope) => store.rename('database', 'new', { scope, dryRun }),
      delete: (scope) => store.delete('database', { scope, dryRun }),
    };
    for (const [operation, write] of Object.entries(writes)) {
      await expectSupport(takesWrites, operation, () => write('project'));
    }
    await expectSupport(takesWrites && store.hasCapability('personal'), 'a personal secret', () =>
      store.create('new', { key: value() }, { scope: 'personal', dryRun }),
    );
    await expectSupport(store.hasCapability('rekey'), 'rekey', () => store.rekey({ dryRun }));
    assert.deepEqual(await store.list({ scope: 'personal' }), []);
  },
} satisfies Cases;

const writing = {
  'create gives what is then known of the secret': async ({ component: store }: Context) => {
    const summary = await store.create('database', { user: value(), password: value() });
    assert.deepEqual(summary.keys, ['password', 'user']);
    assert.deepEqual(await store.list(), [summary]);
    const { values: _, ...found } = await store.get('database');
    assert.deepEqual(found, summary);
  },
  'create is ALREADY_EXISTS for a name that is taken, and keeps what is there': async (context: Context) => {
    const { component: store } = context;
    const values = { key: value() };
    await store.create('database', values);
    await expectCode('ALREADY_EXISTS', () => store.create('database', { key: value(), other: value() }));
    const other = await reopened(context);
    await expectCode('ALREADY_EXISTS', () => other.create('database', { other: value() }));
    assert.deepEqual(revealed((await store.get('database')).values), values);
  },
  'create refuses what is no name, no key and no value, all at once': async ({ component: store }: Context) => {
    const values = {
      'a key': value(),
      short: 'abcde',
      blank: ' \n    ',
      mask: '[secret]',
      reference: '{{a.b}}',
      half: `\uD800${value()}`,
    };
    const error = await rejection(store.create('a.name', { ...values, long: 'x'.repeat(longestValue + 1) }));
    assert.equal(error.code, 'ARGUMENT_INVALID');
    assert.deepEqual(
      error.problems.map(({ path }) => path),
      ['name', ...['a key', 'short', 'blank', 'mask', 'reference', 'half', 'long'].map((key) => `values.${key}`)],
    );
    for (const name of ['', '-a', '_a', 'a b', 'a/b', 'x'.repeat(101)]) {
      await expectCode('ARGUMENT_INVALID', () => store.create(name, { key: value() }));
    }
    await expectCode('ARGUMENT_INVALID', () => store.create('empty', {}));
    assert.deepEqual(await store.list(), []);
  },
  'a secret whose values are longer than 64 KiB together is ARGUMENT_INVALID': async ({
    component: store,
  }: Context) => {
    const half = value().padEnd(longestValue - 10, 'x');
    await store.create('large', { a: half });
    await expectCode('ARGUMENT_INVALID', () => store.create('larger', { a: half, b: half, c: half }));
    await expectCode('ARGUMENT_INVALID', () => store.update('large', { set: { b: half, c: half } }));
    assert.deepEqual((await store.get('large')).keys, ['a']);
    assert.deepEqual(
      (await store.list()).map(({ name }) => name),
      ['large'],
    );
  },
  'of creators of one name at once exactly one wins': async (context: Context) => {
    const stores = [context.component, await reopened(context)];
    const texts = Array.from({ length: 10 }, () => value());
    const results = await Promise.allSettled(
      texts.map(async (text, index) => stores[index % 2]?.create('database', { key: text })),
    );
    const winners = texts.filter((_, index) => results[index]?.status === 'fulfilled');
    assert.equal(winners.length, 1, `${winners.length} creators won`);
    await expectRejections(results, 'ALREADY_EXISTS');
    assert.deepEqual(revealed((await context.component.get('database')).values), { key: winners[0] });
  },
  'update changes what it names, and nothing else': async ({ component: store }: Context) => {
    const [kept, removed, old, changed, added, other] = [value(), value(), value(), value(), value(), value()];
    await store.create('database', { kept, removed, changed: old });
    await store.create('other', { changed: other });
    const summary = await store.update('database', { set: { changed, added }, remove: ['removed'] });
    assert.deepEqual(summary.keys, ['added', 'changed', 'kept']);
    assert.deepEqual(revealed((await store.get('database')).values), { added, changed, kept });
    assert.deepEqual(revealed((await store.get('other')).values), { changed: other });
    const [listed] = await store.list();
    assert.deepEqual(listed?.keys, ['added', 'changed', 'kept']);
  },
  'update refuses what is no key and no value, and what would leave no value': async ({
    component: store,
  }: Context) => {
    const values = { key: value() };
    await store.create('database', values);
    for (const change of [
      { set: { 'a key': value() } },
      { set: { key: 'abcde' } },
      { set: { key: '[secret]' } },
      { set: { key: '{{a.b}}' } },
      { set: { other: value() }, remove: ['missing'] },
      { remove: ['key'] },
    ]) {
      await expectCode('ARGUMENT_INVALID', () => store.update('database', change));
    }
    assert.deepEqual(revealed((await store.get('database')).values), values);
  },
  'updates of different keys at once all hold': async (context: Context) => {
    const stores = [context.component, await reopened(context)];
    const values: Record<string, string> = { key: value() };
    await context.component.create('database', values);
    const texts = Array.from({ length: 10 }, (_, index) => [`key_${index}`, value()] as const);
    await Promise.all(
      texts.map(async ([key, text], index) => stores[index % 2]?.update('database', { set: { [key]: text } })),
    );
    const expected = { ...values, ...Object.fromEntries(texts) };
    assert.deepEqual(revealed((await context.component.get('database')).values), expected);
  },
  'rename keeps the values, and frees the name': async (context: Context) => {
    const { component: store } = context;
    const values = { user: value(), password: value() };
    await store.create('old', values);
    assert.deepEqual((await store.rename('old', 'new')).name, 'new');
    await expectCode('SECRET_NOT_FOUND', () => store.get('old'));
    for (const one of [store, await reopened(context)]) {
      assert.deepEqual(revealed((await one.get('new')).values), values);
      assert.deepEqual(
        (await one.list()).map(({ name }) => name),
        ['new'],
      );
    }
    const others = { key: value() };
    await store.create('old', others);
    assert.deepEqual(revealed((await store.get('old')).values), others);
  },
  'rename is ALREADY_EXISTS for a name that is taken, and keeps both': async ({ component: store }: Context) => {
    const [first, second] = [{ key: value() }, { key: value() }];
    await store.create('first', first);
    await store.create('second', second);
    await expectCode('ALREADY_EXISTS', () => store.rename('first', 'second'));
    await expectCode('ARGUMENT_INVALID', () => store.rename('first', 'no name'));
    assert.equal((await store.rename('first', 'first')).name, 'first');
    assert.deepEqual(revealed((await store.get('first')).values), first);
    assert.deepEqual(revealed((await store.get('second')).values), second);
  },
  'of renames to one name at once exactly one wins, and nothing is lost': async ({ component: store }: Context) => {
    const names = Array.from({ length: 5 }, (_, index) => `old_${index}`);
    const texts = new Map(names.map((name) => [name, value()]));
    for (const [name, key] of texts) await store.create(name, { key });
    const results = await Promise.allSettled(names.map((name) => store.rename(name, 'new')));
    const winners = names.filter((_, index) => results[index]?.status === 'fulfilled');
    assert.equal(winners.length, 1, `${winners.length} renames won`);
    await expectRejections(results, 'ALREADY_EXISTS');
    const found = await store.getMany([...names, 'new']);
    assert.deepEqual(
      [...found.values()].map(({ values }) => values.key?.reveal()).toSorted(),
      [...texts.values()].toSorted(),
    );
    assert.equal(found.get('new')?.values.key?.reveal(), texts.get(winners[0] ?? ''));
  },
  'delete takes the secret away, and its name can be used anew': async (context: Context) => {
    const { component: store } = context;
    const other = { key: value() };
    await store.create('database', { user: value(), password: value() });
    await store.create('other', other);
    await store.delete('database');
    await expectCode('SECRET_NOT_FOUND', () => store.get('database'));
    assert.equal((await store.getMany(['database'])).size, 0);
    assert.deepEqual(
      (await (await reopened(context)).list()).map(({ name }) => name),
      ['other'],
    );
    const values = { token: value() };
    await store.create('database', values);
    assert.deepEqual(revealed((await store.get('database')).values), values);
    assert.deepEqual(revealed((await store.get('other')).values), other);
  },
  'a change of a missing secret is SECRET_NOT_FOUND, with the nearest name': async ({ component: store }: Context) => {
    await store.create('database', { key: value() });
    for (const name of ['databse', 'constructor', '', 'no name', '../database']) {
      for (const dryRun of [false, true]) {
        await expectCode('SECRET_NOT_FOUND', () => store.update(name, { set: { key: value() } }, { dryRun }));
        await expectCode('SECRET_NOT_FOUND', () => store.rename(name, 'new', { dryRun }));
        await expectCode('SECRET_NOT_FOUND', () => store.rename(name, 'database', { dryRun }));
        await expectCode('SECRET_NOT_FOUND', () => store.delete(name, { dryRun }));
      }
    }
    assert.match((await rejection(store.delete('databse'))).hint ?? '', /\bdatabase\b/);
  },
  'a dry run does all checks, gives what would be, and writes nothing': async ({ component: store }: Context) => {
    const values = { key: value() };
    const summary = await store.create('database', values);
    await store.create('taken', { key: value() });
    const before = await store.list();
    const dryRun = true;
    const created = await store.create('new', { b: value(), a: value() }, { dryRun });
    assert.deepEqual([created.name, created.scope, created.keys], ['new', 'project', ['a', 'b']]);
    const updated = await store.update('database', { set: { other: value() }, remove: ['key'] }, { dryRun });
    assert.deepEqual([updated.name, updated.keys], ['database', ['other']]);
    assert.deepEqual(await store.rename('database', 'new', { dryRun }), { ...summary, name: 'new' });
    await store.delete('database', { dryRun });
    await expectCode('ALREADY_EXISTS', () => store.create('taken', { key: value() }, { dryRun }));
    await expectCode('ARGUMENT_INVALID', () => store.create('no name', { key: 'short' }, { dryRun }));
    await expectCode('ARGUMENT_INVALID', () => store.update('database', { remove: ['missing'] }, { dryRun }));
    await expectCode('ARGUMENT_INVALID', () => store.update('database', { remove: ['key'] }, { dryRun }));
    await expectCode('ALREADY_EXISTS', () => store.rename('database', 'taken', { dryRun }));
    assert.deepEqual(await store.list(), before);
    assert.deepEqual(revealed((await store.get('database')).values), values);
  },
  'what is written is masked in this process from then on': async ({ component: store }: Context) => {
    const [created, updated] = [value(), value()];
    await store.create('database', { key: created });
    await store.update('database', { set: { key: updated } });
    assert.equal(maskSecrets(`${created}, ${updated}`), '[secret], [secret]');
  },
  'no error shows a value, nor does one of its causes': async ({ component: store }: Context) => {
    const [here, taken, given, other] = [value(), value(), value(), value()];
    const texts = [here, taken, given, other, other.slice(-5)];
    await store.create('database', { here });
    await store.create('taken', { taken });
    const signal = AbortSignal.abort();
    const failures: (() => Promise<unknown>)[] = [
      () => store.create('taken', { given }),
      () => store.create('no name', { given, short: other.slice(-5), 'a key': other }),
      () => store.create('new', { given }, { signal }),
      () => store.update('missing', { set: { given } }),
      () => store.update('database', { set: { given }, remove: ['missing'] }),
      () => store.update('database', { set: { given }, remove: ['here'] }, { signal }),
      () => store.rename('database', 'taken'),
      () => store.rename('missing', 'new'),
      () => store.delete('missing'),
      () => store.get('missing'),
    ];
    for (const failure of failures) assertHides(await rejection(failure()), texts);
  },
  'a write with a signal that is aborted already is ABORTED and changes nothing': async (context: Context) => {
    const { component: store } = context;
    const values = { key: value() };
    await store.create('database', values);
    const before = await store.list();
    for (const dryRun of [false, true]) {
      const options = { signal: AbortSignal.abort(), dryRun };
      await expectCode('ABORTED', () => store.create('new', { key: value() }, options));
      await expectCode('ABORTED', () => store.update('database', { set: { key: value() } }, options));
      await expectCode('ABORTED', () => store.rename('database', 'new', options));
      await expectCode('ABORTED', () => store.delete('database', options));
    }
    assert.deepEqual(await store.list(), before);
    assert.deepEqual(revealed((await store.get('database')).values), values);
  },
  'a write that is aborted on its way is ABORTED, or holds as a whole': async ({ component: store }: Context) => {
    const values = { a: value(), b: value() };
    const controller = new AbortController();
    const creating = store.create('database', values, { signal: controller.signal });
    controller.abort();
    const [result] = await Promise.allSettled([creating]);
    await expectRejections([result], 'ABORTED');
    const found = await store.getMany(['database']);
    if (result.status === 'fulfilled') assert.equal(found.size, 1);
    for (const secret of found.values()) assert.deepEqual(revealed(secret.values), values);
  },
  'times tell the creation and the last change, where they are known': async ({ component: store }: Context) => {
    const created = await store.create('database', { key: value() });
    const updated = await store.update('database', { set: { key: value() } });
    const [listed] = await store.list();
    assert.deepEqual(listed, updated);
    for (const { createdAt, updatedAt } of [created, updated]) {
      for (const time of [createdAt, updatedAt]) {
        if (time === undefined) continue;
        const age = Date.now() - time.getTime();
        assert.ok(Math.abs(age) < 15 * 60_000, `a time is ${age} ms ago`);
      }
    }
    assert.deepEqual(updated.createdAt, created.createdAt);
    assert.ok((updated.updatedAt?.getTime() ?? 0) >= (created.updatedAt?.getTime() ?? 0), 'the change is older');
  },
} satisfies Cases;

const personal = {
  'a personal secret hides the one of the project as a whole': async (context: Context) => {
    const { component: store } = context;
    const [ofProject, ofPerson] = [{ user: value(), password: value() }, { password: value() }];
    await store.create('database', ofProject);
    await store.create('database', ofPerson, { scope: 'personal' });
    for (const one of [store, await reopened(context)]) {
      const found = await one.get('database');
      assert.equal(found.scope, 'personal');
      assert.deepEqual(revealed(found.values), ofPerson);
      const [hidden, shown] = await one.resolve([
        { name: 'database', key: 'user' },
        { name: 'database', key: 'password' },
      ]);
      assert.equal(hidden, undefined, 'a key of the hidden secret is found');
      assert.equal(shown?.reveal(), ofPerson.password);
      assert.deepEqual(revealed((await one.get('database', { scope: 'project' })).values), ofProject);
      assert.deepEqual(revealed((await one.get('database', { scope: 'personal' })).values), ofPerson);
    }
  },
  'list gives the secret of the project before the personal one': async ({ component: store }: Context) => {
    for (const scope of ['personal', 'project'] as const) {
      await store.create('b', { key: value() }, { scope });
      await store.create(scope, { key: value() }, { scope });
    }
    const found = (await store.list()).map(({ name, scope }) => `${name} ${scope}`);
    assert.deepEqual(found, ['b project', 'b personal', 'personal personal', 'project project']);
    for (const scope of ['personal', 'project'] as const) {
      const listed = await store.list({ scope });
      assert.deepEqual(
        listed.map((summary) => `${summary.name} ${summary.scope}`),
        [`b ${scope}`, `${scope} ${scope}`],
      );
    }
  },
  'a change of one scope leaves the other as it is': async ({ component: store }: Context) => {
    for (const [scope, other] of [
      ['personal', 'project'],
      ['project', 'personal'],
    ] as const) {
      const name = `database_${scope}`;
      const kept = { key: value() };
      await store.create(name, kept, { scope: other });
      await expectCode('SECRET_NOT_FOUND', () => store.update(name, { set: { key: value() } }, { scope }));
      await expectCode('SECRET_NOT_FOUND', () => store.rename(name, 'new', { scope }));
      await expectCode('SECRET_NOT_FOUND', () => store.delete(name, { scope }));
      await expectCode('SECRET_NOT_FOUND', () => store.get(name, { scope }));
      await store.create(name, { key: value() }, { scope });
      await store.update(name, { set: { key: value() } }, { scope });
      await store.rename(name, `${name}_new`, { scope });
      await store.rename(`${name}_new`, name, { scope });
      await store.delete(name, { scope });
      assert.deepEqual(revealed((await store.get(name)).values), kept);
    }
  },
  'what is written without a scope is of the project': async ({ component: store }: Context) => {
    const kept = { key: value() };
    await store.create('database', kept, { scope: 'personal' });
    const values = { key: value() };
    assert.equal((await store.create('database', { key: value() })).scope, 'project');
    assert.equal((await store.update('database', { set: values })).scope, 'project');
    assert.deepEqual(revealed((await store.get('database', { scope: 'project' })).values), values);
    assert.equal((await store.rename('database', 'new')).scope, 'project');
    await store.delete('new');
    assert.deepEqual(revealed((await store.get('database')).values), kept);
  },
} satisfies Cases;

const rekeying = {
  'rekey keeps every value, also for those who have the store open': async (context: Context) => {
    const { component: store } = context;
    const other = await reopened(context);
    const secrets = Object.fromEntries(['a', 'b', 'c'].map((name) => [name, { key: value(), text: oddValues.join() }]));
    await given(context, secrets);
    await other.get('a');
    assert.deepEqual(await store.rekey({ dryRun: true }), { scope: 'project', secrets: 3, key: undefined });
    const keys = new Set<string | undefined>();
    for (let count = 0; count < 3; count++) {
      const rekeyed = await store.rekey();
      assert.deepEqual([rekeyed.scope, rekeyed.secrets], ['project', 3]);
      keys.add(rekeyed.key);
      for (const one of [store, other, await reopened(context)]) {
        for (const [name, values] of Object.entries(secrets)) {
          assert.deepEqual(revealed((await one.get(name)).values), values);
        }
      }
      await other.create(`new_${count}`, { key: value() });
      await store.delete(`new_${count}`);
    }
    assert.ok(!keys.has(undefined), 'the key has no id');
  },
  'rekey beside readers and writers loses nothing': async (context: Context) => {
    const { component: store } = context;
    const other = await reopened(context);
    const values: Record<string, string> = { key: value() };
    await store.create('database', values);
    const rekeying = (async () => {
      for (let count = 0; count < 5; count++) await store.rekey();
    })();
    for (let count = 0; count < 20; count++) {
      const [changed, created] = [value(), value()];
      values[`key_${count}`] = changed;
      await other.update('database', { set: { [`key_${count}`]: changed } });
      await other.create(`secret_${count}`, { key: created });
      assert.equal((await other.get(`secret_${count}`)).values.key?.reveal(), created);
    }
    await rekeying;
    assert.deepEqual(revealed((await store.get('database')).values), values);
    assert.equal((await store.getMany((await store.list()).map(({ name }) => name))).size, 21);
  },
} satisfies Cases;

/** Every case of the suite, by its name. */
export const secretStoreCases = { ...reading, ...writing, ...personal, ...rekeying } satisfies Cases;

/** What a secret store may lack, and the cases about it. */
export const optionalCases = { writes: writing, personal, rekey: rekeying };

let values = 0;

/** A value that no other case has. */
function value(): string {
  return `value-${++values}-${randomUUID()}`;
}

async function given(context: Context, secrets: Readonly<Record<string, Values>>): Promise<void> {
  for (const [name, values] of Object.entries(secrets)) {
    if (context.component.hasCapability('read-only')) await plant(context, name, values);
    else await context.component.create(name, values);
  }
}

async function plant({ component, hooks }: Context, name: string, values: Values): Promise<void> {
  if (hooks.plant !== undefined) return hooks.plant(component, name, values);
  // The public methods check what is to be gone around, so that a protected one is called.
  const { doCreate } = component as unknown as {
    doCreate(name: string, values: Values, scope: SecretScope, options: object): Promise<unknown>;
  };
  await doCreate.call(component, name, values, 'project', {});
}

async function reopened({ component, hooks, disposables }: Context): Promise<SecretStore> {
  return disposables.use(await hooks.reopen(component));
}

function revealed(values: Readonly<Record<string, Secret>>): Values {
  return Object.fromEntries(Object.entries(values).map(([key, secret]) => [key, secret.reveal()]));
}

async function rejection(operation: Promise<unknown>): Promise<StackError> {
  try {
    await operation;
  } catch (error) {
    if (StackError.is(error)) return error;
    throw error;
  }
  throw new assert.AssertionError({ message: 'expected an error, and it resolves' });
}

async function expectRejections(results: readonly PromiseSettledResult<unknown>[], code: ErrorCode): Promise<void> {
  for (const result of results) {
    if (result.status === 'rejected') await expectCode(code, () => Promise.reject(result.reason));
  }
}

async function expectSupport(isSupported: boolean, what: string, operation: () => Promise<unknown>): Promise<void> {
  if (!isSupported) return expectCode('CAPABILITY_UNSUPPORTED', operation);
  await assert.doesNotReject(operation, `the capabilities say that ${what} is supported`);
}

function assertHides(result: unknown, texts: readonly string[]): void {
  const printed = [inspect(result, { depth: 20, showHidden: true }), JSON.stringify(result), String(result)].join('\n');
  for (const text of texts) {
    for (const form of [text, Buffer.from(text).toString('base64'), Buffer.from(text).toString('hex')]) {
      assert.ok(!printed.includes(form), 'a value is shown');
    }
  }
}
