import { randomUUID } from 'node:crypto';
import type { NewSealedSecret, SealedSecret } from '@stack/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { describeEachEngine } from '../../test/describe-each-engine.ts';
import { checkStore } from '../maintenance/check-store.ts';
import type { MetadataStore } from '../metadata-store.ts';
import { openEngine } from '../open-engine.ts';
import { openStore } from '../open-store.ts';
import type { StoreLocation } from '../store-location.ts';

describeEachEngine('sealed secrets', (create) => {
  let location: StoreLocation;
  let store: MetadataStore;
  /** Another process, as far as the database can tell. */
  let other: MetadataStore;
  let keeper: string;

  beforeEach(async () => {
    location = await create();
    store = await openStore({ ...location, create: true });
    other = await openStore(location);
    keeper = await addKeeper('mine');
  });

  afterEach(async () => {
    await store[Symbol.asyncDispose]();
    await other[Symbol.asyncDispose]();
  });

  async function addKeeper(name: string): Promise<string> {
    const component = { type: 'secret-store', name, flavor: 'local', configVersion: 1, config: {} };
    return (await store.components.add(component)).id;
  }

  function newSecret(name: string, rest: Partial<NewSealedSecret> = {}): NewSealedSecret {
    return { id: randomUUID(), store: keeper, scope: 'project', owner: '', name, values: { key: 'sealed' }, ...rest };
  }

  function add(name: string, rest?: Partial<NewSealedSecret>, by = store): Promise<SealedSecret> {
    return by.sealedSecrets.add(newSecret(name, rest), () => {});
  }

  function place(name: string) {
    return { store: keeper, scope: 'project', owner: '', name } as const;
  }

  async function found(filter: object = {}): Promise<readonly string[]> {
    const secrets = await store.sealedSecrets.list({ store: keeper, ...filter });
    return secrets.map(({ name, scope, owner }) => [name, scope, owner].filter((part) => part !== '').join(' '));
  }

  test('a secret comes back as it was added, for another process too', async () => {
    const values = { key: 'sealed "text"\u0000é', ['__proto__']: 'sealed', constructor: 'sealed' };
    const added = await add('database', { values });
    expect(added.createdAt).toEqual(added.updatedAt);
    expect(added.values).toEqual(values);
    expect(await other.sealedSecrets.list({ store: keeper })).toEqual([added]);
  });

  test('secrets are listed by name, those of the project first, or those that a filter fits', async () => {
    await add('b', { scope: 'personal', owner: 'me' });
    await add('b', { scope: 'personal', owner: 'you' });
    await add('b');
    await add('a', { scope: 'personal', owner: 'me' });
    await add('B');
    await add('c', { store: await addKeeper('another') });
    expect(await found()).toEqual(['B project', 'a personal me', 'b project', 'b personal me', 'b personal you']);
    expect(await found({ scope: 'personal', owner: 'me' })).toEqual(['a personal me', 'b personal me']);
    expect(await found({ scope: 'project', names: ['b', 'missing', 'a'] })).toEqual(['b project']);
    expect(await found({ names: [] })).toEqual([]);
  });

  test('a name is taken within its store, scope and owner alone', async () => {
    await add('a');
    await expect(add('a')).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    await add('a', { scope: 'personal', owner: 'me' });
    await add('a', { scope: 'personal', owner: 'you' });
    await expect(add('a', { scope: 'personal', owner: 'you' })).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    await add('a', { store: await addKeeper('another') });
    expect(await found()).toHaveLength(3);
  });

  test('a secret of a store that is no component is refused', async () => {
    const adding = add('a', { store: randomUUID() });
    await expect(adding).rejects.toMatchObject({ code: 'COMPONENT_NOT_FOUND' });
  });

  test('whoever adds sees what was last changed beside it, and may refuse', async () => {
    await add('elsewhere', { scope: 'personal', owner: 'me' });
    const seen: (string | undefined)[] = [];
    const look = (beside: SealedSecret | undefined) => void seen.push(beside?.name);
    await store.sealedSecrets.add(newSecret('a'), look);
    await passTime();
    await store.sealedSecrets.add(newSecret('b'), look);
    await passTime();
    await store.sealedSecrets.update(place('a'), () => ({ values: { key: 'changed' } }));
    await store.sealedSecrets.add(newSecret('c'), look);
    expect(seen).toEqual([undefined, 'a', 'a']);
    const refusal = new Error('of another key');
    const adding = store.sealedSecrets.add(newSecret('d'), () => {
      throw refusal;
    });
    await expect(adding).rejects.toBe(refusal);
    expect(await found({ names: ['d'] })).toEqual([]);
  });

  test('of two that add one name at once, one wins', async () => {
    const adding = [add('a', { values: { key: 'one' } }), add('a', { values: { key: 'two' } }, other)];
    const results = await Promise.allSettled(adding);
    const [lost] = results.filter((result) => result.status === 'rejected');
    expect(lost?.reason).toMatchObject({ code: 'ALREADY_EXISTS' });
    expect(await found()).toHaveLength(1);
  });

  test('an update changes what it gives, and leaves the rest', async () => {
    const added = await add('a', { values: { one: '1', two: '2' } });
    await add('taken');
    await passTime();
    const values = { two: '22' };
    const changed = await store.sealedSecrets.update(place('a'), () => ({ values }));
    expect(changed).toMatchObject({ id: added.id, name: 'a', values, createdAt: added.createdAt });
    expect(changed.updatedAt.getTime()).toBeGreaterThan(added.updatedAt.getTime());
    const renamed = await store.sealedSecrets.update(place('a'), () => ({ name: 'b' }));
    expect(renamed).toMatchObject({ id: added.id, name: 'b', values });
    expect(await found()).toEqual(['b project', 'taken project']);
    const onto = store.sealedSecrets.update(place('b'), () => ({ name: 'taken' }));
    await expect(onto).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    const missing = store.sealedSecrets.update(place('a'), () => ({ values }));
    await expect(missing).rejects.toMatchObject({ code: 'SECRET_NOT_FOUND' });
  });

  test('updates of one secret by two processes at once all hold', async () => {
    await add('a', { values: {} });
    const updating = Array.from({ length: 20 }, (_, index) =>
      (index % 2 === 0 ? store : other).sealedSecrets.update(place('a'), ({ values }) => ({
        values: { ...values, [`key-${index}`]: 'sealed' },
      })),
    );
    await Promise.all(updating);
    const [secret] = await store.sealedSecrets.list({ store: keeper });
    expect(Object.keys(secret?.values ?? {})).toHaveLength(20);
  });

  test('all of a place get other values as one, or none does', async () => {
    const before = [await add('a'), await add('b')];
    const elsewhere = await add('a', { scope: 'personal', owner: 'me' });
    const { name: _, ...all } = place('');
    const failing = store.sealedSecrets.updateAll(all, ({ name }) => {
      if (name === 'b') throw new Error('cannot be opened');
      return { key: 'lost' };
    });
    await expect(failing).rejects.toThrow('cannot be opened');
    expect(await store.sealedSecrets.list({ store: keeper, scope: 'project' })).toEqual(before);
    expect(await store.sealedSecrets.updateAll(all, ({ name }) => ({ key: `${name} anew` }))).toBe(2);
    const after = before.map((secret) => ({ ...secret, values: { key: `${secret.name} anew` } }));
    expect(await store.sealedSecrets.list({ store: keeper, scope: 'project' })).toEqual(after);
    expect(await store.sealedSecrets.list({ store: keeper, scope: 'personal' })).toEqual([elsewhere]);
    expect(await store.sealedSecrets.updateAll({ ...all, owner: 'nobody' }, () => ({}))).toBe(0);
  });

  test('what is removed is gone, and was there', async () => {
    await add('a');
    await add('a', { scope: 'personal', owner: 'me' });
    expect(await store.sealedSecrets.remove(place('a'))).toBe(true);
    expect(await store.sealedSecrets.remove(place('a'))).toBe(false);
    expect(await found()).toEqual(['a personal me']);
  });

  test('a secret store is not removed while it holds secrets', async () => {
    await add('database');
    await add('database', { scope: 'personal', owner: 'me' });
    await add('queue');
    await expect(store.components.remove('secret-store', 'mine')).rejects.toMatchObject({
      code: 'IN_USE',
      message: 'The secret-store "mine" holds secrets: database, queue.',
    });
    for (const { scope, owner, name } of await store.sealedSecrets.list({ store: keeper })) {
      await store.sealedSecrets.remove({ store: keeper, scope, owner, name });
    }
    await store.components.remove('secret-store', 'mine');
  });

  describe('a check of the store', () => {
    test('counts secrets, and finds those that were edited by hand', async () => {
      const { id } = await add('a');
      await add('b');
      expect(await checkStore(location)).toMatchObject({ rows: { sealed_secrets: 2 }, problems: [] });
      await using engine = await openEngine(location);
      await engine.write((database) =>
        database.updateTable('sealed_secrets').set({ sealed_values: '[]' }).where('id', '=', id).execute(),
      );
      const { problems } = await checkStore(location);
      expect(problems).toEqual([expect.stringContaining(`"sealed_values" of ${id} in the table sealed_secrets`)]);
      await expect(store.sealedSecrets.list({ store: keeper })).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
      expect(await store.sealedSecrets.remove(place('a'))).toBe(true);
    });
  });
});

/** Times are of milliseconds. */
function passTime(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 3));
}
