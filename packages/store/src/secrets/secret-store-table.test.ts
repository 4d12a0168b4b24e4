import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { describeEachEngine } from '../../test/describe-each-engine.ts';
import type { MetadataStore } from '../metadata-store.ts';
import { openStore } from '../open-store.ts';

describeEachEngine('the order of secret stores', (create) => {
  let store: MetadataStore;
  let ids: Readonly<Record<'a' | 'b' | 'c', string>>;

  beforeEach(async () => {
    store = await openStore({ ...(await create()), create: true });
    ids = { a: await add('a'), b: await add('b'), c: await add('c') };
  });

  afterEach(() => store[Symbol.asyncDispose]());

  async function add(name: string, type = 'secret-store'): Promise<string> {
    return (await store.components.add({ type, name, flavor: 'x', configVersion: 1, config: {} })).id;
  }

  async function order(): Promise<readonly string[]> {
    return (await store.secretStores.order()).map(({ name }) => name);
  }

  test('is what it was last set to', async () => {
    const set = await store.secretStores.setOrder([ids.c, ids.a]);
    expect(set.map(({ name }) => name)).toEqual(['c', 'a']);
    expect(await order()).toEqual(['c', 'a']);
    await store.secretStores.setOrder([ids.a, ids.b, ids.c]);
    expect(await order()).toEqual(['a', 'b', 'c']);
  });

  test('is not set to what is no secret store, to none, or to one twice', async () => {
    await store.secretStores.setOrder([ids.b]);
    const refused = async (code: string, given: readonly string[]) => {
      await expect(store.secretStores.setOrder(given)).rejects.toMatchObject({ code });
      expect(await order()).toEqual(['b']);
    };
    await refused('COMPONENT_NOT_FOUND', [ids.a, randomUUID()]);
    await refused('COMPONENT_NOT_FOUND', [ids.a, await add('d', 'alerter')]);
    await refused('ARGUMENT_INVALID', []);
    await refused('ARGUMENT_INVALID', [ids.a, ids.c, ids.a]);
  });

  test('can be tried in a dry run', async () => {
    await store.secretStores.setOrder([ids.a]);
    const tried = await store.transaction(({ secretStores }) => secretStores.setOrder([ids.b]), { dryRun: true });
    expect(tried.map(({ name }) => name)).toEqual(['b']);
    expect(await order()).toEqual(['a']);
  });

  test('keeps its stores from being removed', async () => {
    await store.secretStores.setOrder([ids.a, ids.b]);
    await expect(store.components.remove('secret-store', 'b')).rejects.toMatchObject({
      code: 'IN_USE',
      message: 'The secret-store "b" is one of those that are asked for secrets.',
    });
    await store.components.remove('secret-store', 'c');
    await store.secretStores.setOrder([ids.a]);
    await store.components.remove('secret-store', 'b');
  });
});
