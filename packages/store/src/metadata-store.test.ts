import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type {
  ArtifactRecord,
  MetadataTarget,
  NewArtifact,
  Plan,
  RunFence,
  RunStart,
  StepInput,
  StepRunRecord,
} from '@stack/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addedComponents } from '../test/added-components.ts';
import { describeEachEngine } from '../test/describe-each-engine.ts';
import { newArtifact } from '../test/new-artifact.ts';
import { readFlavorSnapshots } from './flavors/flavor-snapshots.ts';
import type {
  ComponentChange,
  ComponentFilter,
  ComponentRecord,
  MetadataStore,
  NewComponent,
  NewFlavor,
  StackFilter,
} from './metadata-store.ts';
import { openStore } from './open-store.ts';
import type { StoreLocation } from './store-location.ts';

describeEachEngine('a metadata store', (create) => {
  let location: StoreLocation;
  let store: MetadataStore;

  beforeEach(async () => {
    location = await create();
    store = await openStore({ ...location, create: true });
  });

  afterEach(() => store[Symbol.asyncDispose]());

  async function reopen(): Promise<void> {
    await store[Symbol.asyncDispose]();
    store = await openStore(location);
  }

  describe('flavors', () => {
    test('a flavor comes back as it was added, also after the store was closed', async () => {
      const added = await store.flavors.add(newFlavor('my-s3'));
      await reopen();
      expect(await store.flavors.find('artifact-store', 'my-s3')).toEqual(added);
      expect(added).toMatchObject(newFlavor('my-s3'));
      expect(added.createdAt).toEqual(added.updatedAt);
    });

    test('finding a flavor that was not registered gives undefined', async () => {
      expect(await store.flavors.find('artifact-store', 'none')).toBeUndefined();
    });

    test('flavors are listed by type and name, or those of one type', async () => {
      await store.flavors.add(newFlavor('b'));
      await store.flavors.add(newFlavor('a'));
      await store.flavors.add(newFlavor('c', 'alerter'));
      expect((await store.flavors.list()).map(({ name }) => name)).toEqual(['c', 'a', 'b']);
      expect((await store.flavors.list({ type: 'artifact-store' })).map(({ name }) => name)).toEqual(['a', 'b']);
    });

    test('names are ordered by their bytes, whatever the language of the machine', async () => {
      const names = ['b', 'A', '_', 'a', 'Z', 'é', '10', '9', 'a-b', 'aa', '\u{1F600}', '\uFF41'];
      for (const name of names) await store.flavors.add(newFlavor(name));
      const byBytes = names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      expect((await store.flavors.list()).map(({ name }) => name)).toEqual(byBytes);
      expect((await readFlavorSnapshots(location)).map(({ name }) => name)).toEqual(byBytes);
    });

    test('a type and name that are taken are refused', async () => {
      await store.flavors.add(newFlavor('a'));
      await store.flavors.add(newFlavor('a', 'alerter'));
      await expect(store.flavors.add(newFlavor('a'))).rejects.toMatchObject({
        code: 'ALREADY_EXISTS',
        message: expect.stringContaining('artifact-store/a'),
      });
    });

    test('replacing a flavor puts another snapshot in its place', async () => {
      const added = await store.flavors.add(newFlavor('a'));
      const files = { 'flavors/a.ts': 'ff' };
      const replaced = await store.flavors.replace({ ...newFlavor('a'), files });
      expect(replaced).toMatchObject({ id: added.id, files, createdAt: added.createdAt });
      expect(await store.flavors.find('artifact-store', 'a')).toEqual(replaced);
    });

    test('replacing or removing a flavor that is not there names the nearest', async () => {
      await store.flavors.add(newFlavor('my-s3'));
      const notFound = { code: 'FLAVOR_NOT_FOUND', hint: expect.stringContaining('my-s3') };
      await expect(store.flavors.replace(newFlavor('my-s4'))).rejects.toMatchObject(notFound);
      await expect(store.flavors.remove('artifact-store', 'my-s4')).rejects.toMatchObject(notFound);
      await expect(store.flavors.remove('alerter', 'my-s3')).rejects.toMatchObject({
        code: 'FLAVOR_NOT_FOUND',
        hint: expect.stringContaining('stack alerter flavor list'),
      });
    });

    test('a flavor is not removed while components of its type use it', async () => {
      await store.flavors.add(newFlavor('a'));
      await store.components.add(newComponent('one', { flavor: 'a' }));
      await store.components.add(newComponent('two', { flavor: 'a' }));
      await expect(store.flavors.remove('artifact-store', 'a')).rejects.toMatchObject({
        code: 'IN_USE',
        message: 'The flavor artifact-store/a is used by 2 components: one, two.',
      });
      expect(await store.flavors.find('artifact-store', 'a')).toBeDefined();
    });

    test('a component of a flavor of the same name from a package does not count', async () => {
      await store.flavors.add(newFlavor('a'));
      await store.components.add(newComponent('one', { flavor: 'a', flavorPackage: '@acme/pkg' }));
      await store.flavors.remove('artifact-store', 'a');
      expect(await store.flavors.list()).toEqual([]);
    });

    test('a component of another type with a flavor of the same name does not count', async () => {
      await store.flavors.add(newFlavor('a'));
      await store.components.add(newComponent('one', { type: 'alerter', flavor: 'a' }));
      await store.flavors.remove('artifact-store', 'a');
      expect(await store.flavors.list()).toEqual([]);
    });
  });

  describe('components', () => {
    test('a component comes back as it was added, also after the store was closed', async () => {
      const config = { path: 's3://bücket', key: '{{aws.key}}', retries: 3, nested: { list: [1, null, true] } };
      const settings = { timeout: 2.5 };
      const added = await store.components.add(newComponent('prod', { config, settings, labels: { team: 'a' } }));
      await reopen();
      expect(await store.components.get('artifact-store', 'prod')).toEqual(added);
      expect(added).toMatchObject({
        type: 'artifact-store',
        name: 'prod',
        flavor: 's3',
        configVersion: 1,
        config,
        settings,
        labels: { team: 'a' },
        isProtected: false,
      });
    });

    test('a component is found by its name, its id and the beginning of its id', async () => {
      const added = await store.components.add(newComponent('prod'));
      for (const reference of ['prod', added.id, added.id.slice(0, 8)]) {
        expect(await store.components.get('artifact-store', reference)).toEqual(added);
      }
      for (const reference of ['', '%', `${added.id}0`]) {
        await expect(store.components.get('artifact-store', reference)).rejects.toMatchObject({
          code: 'COMPONENT_NOT_FOUND',
        });
      }
    });

    test('a name wins over the beginning of an id', async () => {
      const added = await store.components.add(newComponent('one'));
      const named = await store.components.add(newComponent(added.id.slice(0, 8)));
      expect((await store.components.get('artifact-store', added.id.slice(0, 8))).id).toBe(named.id);
    });

    test('the beginning of several ids is ambiguous, and the error names them', async () => {
      // One of 17 hexadecimal ids shares its first character with another.
      const added = await Promise.all(
        Array.from({ length: 17 }, (_, index) => store.components.add(newComponent(`component-${index}`))),
      );
      const shared = findSharedStart(added);
      await expect(store.components.get('artifact-store', shared.start)).rejects.toMatchObject({
        code: 'AMBIGUOUS',
        message: expect.stringContaining(shared.records[0]?.id ?? 'none'),
      });
    });

    test('a component that is not there is an error with the nearest names of its type', async () => {
      await store.components.add(newComponent('production'));
      await store.components.add(newComponent('producton', { type: 'alerter' }));
      await expect(store.components.get('artifact-store', 'prodction')).rejects.toMatchObject({
        code: 'COMPONENT_NOT_FOUND',
        hint: 'Did you mean "production"?',
      });
      await expect(store.components.get('artifact-store', 'xyz')).rejects.toMatchObject({
        hint: expect.stringContaining('stack artifact-store list'),
      });
    });

    test('components are listed by type and name, and filtered by type, flavor and labels', async () => {
      await store.components.add(newComponent('b', { labels: { team: 'x', stage: 'prod' } }));
      await store.components.add(newComponent('a', { flavor: 'gcs', labels: { team: 'x' } }));
      await store.components.add(newComponent('c', { type: 'alerter' }));
      const names = async (filter?: ComponentFilter) =>
        (await addedComponents(store.components, filter)).map(({ name }) => name);
      expect(await names()).toEqual(['c', 'a', 'b']);
      expect(await names({ type: 'artifact-store' })).toEqual(['a', 'b']);
      expect(await names({ flavor: 'gcs' })).toEqual(['a']);
      expect(await names({ labels: { team: 'x' } })).toEqual(['a', 'b']);
      expect(await names({ labels: { team: 'x', stage: 'prod' } })).toEqual(['b']);
    });

    test('components are filtered by the package of their flavor and by a pattern for the whole name', async () => {
      await store.components.add(newComponent('prod-eu', { flavorPackage: '@acme/pkg' }));
      await store.components.add(newComponent('prod-us'));
      const names = async (filter: ComponentFilter) => (await store.components.list(filter)).map(({ name }) => name);
      expect(await names({ flavorPackage: '@acme/pkg' })).toEqual(['prod-eu']);
      for (const name of ['*', 'prod*', '*us', 'p*d-*s', '*prod-us*', 'prod-us', '**-us']) {
        expect(await names({ name }), name).toContain('prod-us');
      }
      for (const name of ['', 'prod', 'us*', 'prod-us?', '*-us-us', 'prod-us*-us', 'prod.us']) {
        expect(await names({ name }), name).not.toContain('prod-us');
      }
      // Not the time that other processes had meanwhile.
      const start = process.threadCpuUsage();
      expect(await names({ name: `${'*a'.repeat(5000)}` })).toEqual([]);
      expect(process.threadCpuUsage(start).user / 1000).toBeLessThan(1000);
    });

    test('pages follow each other without a gap or a double, whatever is added or deleted meanwhile', async () => {
      for (const name of ['a', 'b', 'd', 'e']) await store.components.add(newComponent(name));
      await store.components.add(newComponent('z', { type: 'alerter' }));
      const first = await store.components.list({ limit: 3 });
      expect(first.map(({ name }) => name)).toEqual(['z', 'a', 'b']);
      await store.components.remove('artifact-store', 'b');
      await store.components.add(newComponent('c'));
      await store.components.add(newComponent('aa'));
      const second = await store.components.list({ limit: 3, after: first.at(-1) });
      expect(second.map(({ name }) => name)).toEqual(['c', 'd', 'e']);
      const third = await store.components.list({ limit: 3, after: second.at(-1) });
      expect(third.map(({ name }) => name)).toEqual(['default', 'environment']);
      expect(await store.components.list({ limit: 3, after: third.at(-1) })).toEqual([]);
    });

    test('the limit counts what fits the labels and the name', async () => {
      for (const name of ['a', 'b', 'c']) {
        await store.components.add(newComponent(name, { labels: name === 'a' ? {} : { team: 'x' } }));
      }
      expect(await store.components.list({ labels: { team: 'x' }, limit: 1 })).toMatchObject([{ name: 'b' }]);
      expect(await store.components.list({ name: 'c*', limit: 1 })).toMatchObject([{ name: 'c' }]);
    });

    test('an upgrade changes protected components too, and keeps what each was, once for each version', async () => {
      const settings = { a: 1 };
      const added = await store.components.add(newComponent('default', { isProtected: true, settings }));
      const upgrade = (change: ComponentChange) => store.components.upgrade('artifact-store', added.id, () => change);
      const upgraded = await upgrade({ config: { b: 2 }, settings: {}, configVersion: 2, flavorPackage: '@acme/pkg' });
      expect(upgraded).toMatchObject({ configVersion: 2, config: { b: 2 }, settings: {}, flavorPackage: '@acme/pkg' });
      await upgrade({ labels: { team: 'x' } });
      await upgrade({ configVersion: 3 });
      expect(await store.components.versions('artifact-store', 'default')).toEqual([
        { configVersion: 1, config: added.config, settings, replacedAt: expect.any(Date) },
        { configVersion: 2, config: { b: 2 }, settings: {}, replacedAt: expect.any(Date) },
      ]);
    });

    test('what a component was goes with it', async () => {
      await store.components.add(newComponent('prod'));
      await store.components.update('artifact-store', 'prod', () => ({ configVersion: 2 }));
      await store.components.remove('artifact-store', 'prod');
      await store.components.add(newComponent('prod'));
      expect(await store.components.versions('artifact-store', 'prod')).toEqual([]);
    });

    test('an update changes what is given and nothing else', async () => {
      const added = await store.components.add(newComponent('prod', { labels: { team: 'x' } }));
      const updated = await store.components.update('artifact-store', 'prod', ({ config }) => ({
        name: 'production',
        config: { ...config, region: 'eu' },
        configVersion: 2,
      }));
      expect(updated).toEqual({
        ...added,
        name: 'production',
        config: { ...added.config, region: 'eu' },
        configVersion: 2,
        updatedAt: updated.updatedAt,
      });
      expect(await store.components.get('artifact-store', added.id)).toEqual(updated);
    });

    test('updates at the same time are all kept', async () => {
      await store.components.add(newComponent('prod', { config: { count: 0 } }));
      const increments = Array.from({ length: 20 }, () =>
        store.components.update('artifact-store', 'prod', ({ config }) => ({
          config: { count: Number(config.count) + 1 },
        })),
      );
      await Promise.all(increments);
      expect((await store.components.get('artifact-store', 'prod')).config).toEqual({ count: 20 });
    });

    test('a write that fails takes nothing of those beside it with it', async () => {
      await store.components.add(newComponent('taken'));
      const results = await Promise.allSettled(
        Array.from({ length: 20 }, (_, index) =>
          store.components.add(newComponent(index % 2 === 0 ? `component-${index}` : 'taken')),
        ),
      );
      expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(10);
      expect(await addedComponents(store.components)).toHaveLength(11);
    });

    test('a change that throws changes nothing, and its error comes through', async () => {
      const added = await store.components.add(newComponent('prod'));
      const failure = new Error('no');
      const update = store.components.update('artifact-store', 'prod', () => {
        throw failure;
      });
      await expect(update).rejects.toBe(failure);
      expect(await store.components.get('artifact-store', 'prod')).toEqual(added);
    });

    test('a name that is taken is refused, for a new component and for a renamed one', async () => {
      await store.components.add(newComponent('a'));
      await store.components.add(newComponent('b'));
      await store.components.add(newComponent('a', { type: 'alerter' }));
      await expect(store.components.add(newComponent('a'))).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
      const rename = (name: string) => store.components.update('artifact-store', 'b', () => ({ name }));
      await expect(rename('a')).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
      expect((await rename('b')).name).toBe('b');
    });

    test('a component is not removed while stacks have it, and the error names them', async () => {
      const component = await store.components.add(newComponent('prod'));
      await store.stacks.add({ name: 'one', components: [component.id] });
      await store.stacks.add({ name: 'two', components: [component.id] });
      await expect(store.components.remove('artifact-store', 'prod')).rejects.toMatchObject({
        code: 'IN_USE',
        message: 'The artifact-store "prod" is used by 2 stacks: one, two.',
      });
      await store.stacks.remove('one');
      await store.stacks.remove('two');
      await store.components.remove('artifact-store', 'prod');
      expect(await addedComponents(store.components)).toEqual([]);
    });

    test('a protected component is neither changed nor removed', async () => {
      const added = await store.components.add(newComponent('default', { isProtected: true }));
      const change = store.components.update('artifact-store', 'default', () => ({ labels: { a: 'b' } }));
      await expect(change).rejects.toMatchObject({ code: 'PROTECTED' });
      await expect(store.components.remove('artifact-store', 'default')).rejects.toMatchObject({ code: 'PROTECTED' });
      expect(await addedComponents(store.components)).toEqual([added]);
    });
  });

  describe('a transaction', () => {
    test('keeps all that was written in it', async () => {
      const stack = await store.transaction(async ({ components, stacks }) => {
        const component = await components.add(newComponent('prod'));
        await components.update('artifact-store', 'prod', () => ({ labels: { team: 'x' } }));
        return await stacks.add({ name: 'mine', components: [component.id] });
      });
      expect(await store.stacks.get('mine')).toEqual(stack);
      expect(stack.components).toMatchObject([{ name: 'prod', labels: { team: 'x' } }]);
    });

    test('that throws keeps nothing, and its error comes through', async () => {
      const failing = store.transaction(async ({ components }) => {
        await components.add(newComponent('one'));
        await components.add(newComponent('one'));
      });
      await expect(failing).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
      expect(await addedComponents(store.components)).toEqual([]);
    });

    test('that is a dry run gives what it would, sees its own writes, fails as it would, and keeps nothing', async () => {
      await store.components.add(newComponent('prod'));
      await store.flavors.add(newFlavor('a'));
      const rename = (name: string) =>
        store.transaction(
          async ({ components, flavors }) => {
            await flavors.remove('artifact-store', 'a');
            await components.update('artifact-store', 'prod', () => ({ name }));
            return await components.get('artifact-store', name);
          },
          { dryRun: true },
        );
      expect(await rename('other')).toMatchObject({ name: 'other' });
      expect((await addedComponents(store.components)).map(({ name }) => name)).toEqual(['prod']);
      expect(await store.flavors.find('artifact-store', 'a')).toBeDefined();
      await store.components.add(newComponent('taken'));
      await expect(rename('taken')).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    });
  });

  describe('stacks', () => {
    let parts: ComponentRecord[];

    beforeEach(async () => {
      parts = [
        await store.components.add(newComponent('local', { type: 'orchestrator', flavor: 'local' })),
        await store.components.add(newComponent('prod')),
        await store.components.add(newComponent('mail', { type: 'alerter' })),
      ];
    });

    const ids = () => parts.map(({ id }) => id);

    test('a stack comes back with its components in the order given', async () => {
      const components = ids().reverse();
      const added = await store.stacks.add({ name: 'prod', components, labels: { team: 'x' } });
      await reopen();
      expect(await store.stacks.get('prod')).toEqual(added);
      expect(added).toMatchObject({ name: 'prod', labels: { team: 'x' }, isProtected: false });
      expect(added.components).toEqual(parts.toReversed());
    });

    test('stacks are listed by name, each with its own components', async () => {
      await store.stacks.add({ name: 'b', components: ids() });
      await store.stacks.add({ name: 'a', components: ids().slice(0, 2) });
      await store.stacks.add({ name: 'c', components: [] });
      const found = (await store.stacks.list()).map(({ name, components }) => [name, components.length]);
      expect(found).toEqual([
        ['a', 2],
        ['b', 3],
        ['c', 0],
      ]);
    });

    test('a stack is found by its name, its id and the beginning of its id', async () => {
      const added = await store.stacks.add({ name: 'prod', components: ids() });
      for (const reference of ['prod', added.id, added.id.slice(0, 8)]) {
        expect(await store.stacks.get(reference)).toEqual(added);
      }
      await expect(store.stacks.get('prd')).rejects.toMatchObject({
        code: 'STACK_NOT_FOUND',
        hint: 'Did you mean "prod"?',
      });
    });

    test('a name that is taken, an unknown component and a component given twice are refused', async () => {
      await store.stacks.add({ name: 'prod', components: ids() });
      await expect(store.stacks.add({ name: 'prod', components: [] })).rejects.toMatchObject({
        code: 'ALREADY_EXISTS',
      });
      await expect(store.stacks.add({ name: 'x', components: [randomUUID()] })).rejects.toMatchObject({
        code: 'COMPONENT_NOT_FOUND',
      });
      await expect(store.stacks.add({ name: 'x', components: [...ids(), ...ids()] })).rejects.toMatchObject({
        code: 'ARGUMENT_INVALID',
      });
      expect(await store.stacks.list()).toHaveLength(1);
    });

    test('an update changes name, labels and components', async () => {
      const added = await store.stacks.add({ name: 'prod', components: ids() });
      const updated = await store.stacks.update('prod', ({ components }) => ({
        name: 'production',
        labels: { team: 'x' },
        components: components.slice(0, 2).map(({ id }) => id),
      }));
      expect(updated).toMatchObject({ id: added.id, name: 'production', labels: { team: 'x' } });
      expect(updated.components).toEqual(parts.slice(0, 2));
      expect(await store.stacks.get('production')).toEqual(updated);
    });

    test('an update that fails leaves the stack as it was', async () => {
      const added = await store.stacks.add({ name: 'prod', components: ids() });
      const update = store.stacks.update('prod', () => ({ name: 'other', components: [randomUUID()] }));
      await expect(update).rejects.toMatchObject({ code: 'COMPONENT_NOT_FOUND' });
      expect(await store.stacks.list()).toEqual([added]);
    });

    test('a stack shows its components as they are now', async () => {
      await store.stacks.add({ name: 'prod', components: ids() });
      await store.components.update('alerter', 'mail', () => ({ name: 'post' }));
      expect((await store.stacks.get('prod')).components[2]?.name).toBe('post');
    });

    test('stacks are listed by their labels and by components that they have, all of those given', async () => {
      await store.stacks.add({ name: 'a', components: ids(), labels: { team: 'x', stage: 'prod' } });
      await store.stacks.add({ name: 'b', components: ids().slice(0, 2), labels: { team: 'x' } });
      const names = async (filter: StackFilter) => (await store.stacks.list(filter)).map(({ name }) => name);
      expect(await names({ labels: { team: 'x' } })).toEqual(['a', 'b']);
      expect(await names({ labels: { team: 'x', stage: 'prod' } })).toEqual(['a']);
      expect(await names({ labels: { team: 'y' } })).toEqual([]);
      expect(await names({ components: ids().slice(0, 1) })).toEqual(['a', 'b']);
      expect(await names({ components: ids() })).toEqual(['a']);
      expect(await names({ components: [randomUUID()] })).toEqual([]);
    });

    test('stacks are listed by a pattern for the name, and in pages', async () => {
      for (const name of ['b', 'a', 'c', 'aa']) await store.stacks.add({ name, components: ids() });
      const names = async (filter: StackFilter) => (await store.stacks.list(filter)).map(({ name }) => name);
      expect(await names({ name: 'a*' })).toEqual(['a', 'aa']);
      const first = await store.stacks.list({ limit: 2 });
      expect(first.map(({ name }) => name)).toEqual(['a', 'aa']);
      await store.stacks.add({ name: 'ab', components: [] });
      expect(await names({ limit: 2, after: first.at(-1) })).toEqual(['ab', 'b']);
      expect(await names({ after: { name: 'c' } })).toEqual([]);
    });

    test('a recursive removal removes components that no other stack has, and keeps protected ones', async () => {
      const kept = await store.components.add(newComponent('default', { isProtected: true }));
      const [local, prod, mail] = parts;
      await store.stacks.add({ name: 'prod', components: [...ids(), kept.id] });
      const other = await store.stacks.add({ name: 'other', components: ids().slice(0, 1) });
      expect(await store.stacks.remove('prod', { recursive: true })).toMatchObject({
        name: 'prod',
        components: [{ id: prod?.id }, { id: mail?.id, type: 'alerter', name: 'mail' }],
      });
      expect(await store.stacks.list()).toEqual([other]);
      expect(await addedComponents(store.components)).toEqual([kept, local]);
    });

    test('a removal that is not recursive keeps every component', async () => {
      await store.stacks.add({ name: 'prod', components: ids() });
      expect(await store.stacks.remove('prod')).toMatchObject({ name: 'prod', components: [] });
      expect(await addedComponents(store.components)).toHaveLength(3);
    });

    test('a recursive removal that is refused removes nothing', async () => {
      await store.stacks.add({ name: 'prod', components: ids() });
      await store.stacks.activate('prod');
      await expect(store.stacks.remove('prod', { recursive: true })).rejects.toMatchObject({ code: 'IN_USE' });
      expect((await store.stacks.get('prod')).components).toHaveLength(3);
    });

    test('a protected stack is neither changed nor removed', async () => {
      const added = await store.stacks.add({ name: 'default', components: ids(), isProtected: true });
      await expect(store.stacks.update('default', () => ({ name: 'x' }))).rejects.toMatchObject({ code: 'PROTECTED' });
      await expect(store.stacks.remove('default')).rejects.toMatchObject({ code: 'PROTECTED' });
      expect(await store.stacks.list()).toEqual([added]);
    });

    test('no stack is active at first', async () => {
      await expect(store.stacks.active()).rejects.toMatchObject({
        code: 'STACK_NOT_FOUND',
        hint: expect.stringContaining('stack set'),
      });
    });

    test('the active stack stays so when it is renamed, and is not removed', async () => {
      await store.stacks.add({ name: 'one', components: ids() });
      await store.stacks.add({ name: 'two', components: ids() });
      expect((await store.stacks.activate('one')).name).toBe('one');
      expect((await store.stacks.activate('two')).name).toBe('two');
      await store.stacks.update('two', () => ({ name: 'three' }));
      expect((await store.stacks.active()).name).toBe('three');
      await expect(store.stacks.remove('three')).rejects.toMatchObject({ code: 'IN_USE' });
      await expect(store.stacks.activate('four')).rejects.toMatchObject({ code: 'STACK_NOT_FOUND' });
      await store.stacks.remove('one');
      expect((await store.stacks.active()).name).toBe('three');
    });
  });

  describe('applied documents', () => {
    test('the document of a stack comes back as it was put last, and goes with its stack', async () => {
      const { id } = await store.stacks.add({ name: 'mine', components: [] });
      expect(await store.appliedDocuments.find(id)).toBeUndefined();
      await store.appliedDocuments.put(id, { document: { name: 'mine' }, made: ['a'] });
      await store.appliedDocuments.put(id, { document: { name: 'mine', labels: {} }, made: ['a', 'b'] });
      await reopen();
      expect(await store.appliedDocuments.find(id)).toMatchObject({
        document: { name: 'mine', labels: {} },
        made: ['a', 'b'],
      });
      await store.stacks.remove(id);
      expect(await store.appliedDocuments.find(id)).toBeUndefined();
    });

    test('a stack that is not there has none', async () => {
      const put = store.appliedDocuments.put('none', { document: {}, made: [] });
      await expect(put).rejects.toMatchObject({ code: 'STACK_NOT_FOUND' });
    });
  });

  describe('runs', () => {
    test('a run is recorded from its start to its end', async () => {
      const run = newRun('training-1', ['load', 'train', 'report']);
      const lease = await store.runs.startRun(run);
      expect(await store.runs.getRun('training-1')).toMatchObject({
        ...run,
        pipeline: 'training',
        state: 'running',
        error: undefined,
        startedAt: expect.any(Date),
        endedAt: undefined,
      });
      expect(await store.runs.listStepRuns(run.id)).toEqual(
        ['load', 'train', 'report'].map((step, index) => ({
          runId: run.id,
          step,
          index,
          state: 'pending',
          attempt: 0,
          interruptions: 0,
          error: undefined,
          reason: undefined,
          caching: undefined,
          inputs: [],
          metadata: {},
          startedAt: undefined,
          endedAt: undefined,
        })),
      );

      const artifact = newArtifact(run.id, 'load');
      const error = { code: 'STEP_FAILED', message: 'it broke', hint: 'mend it' };
      await store.runs.recordStep(lease, 'load', { state: 'running', attempt: 1 });
      await store.runs.recordStep(lease, 'load', { state: 'running', attempt: 2 });
      await store.runs.recordStep(lease, 'load', {
        state: 'completed',
        artifacts: [artifact],
        metadata: { rows: 344 },
      });
      await store.runs.recordStep(lease, 'train', { state: 'running', attempt: 1 });
      await store.runs.recordStep(lease, 'train', { state: 'failed', error, metadata: { epoch: 3 } });
      await store.runs.recordStep(lease, 'report', { state: 'skipped', reason: 'train failed' });
      await store.runs.endRun(lease, { state: 'failed', error });
      await reopen();

      expect(await store.runs.listStepRuns(run.id)).toMatchObject([
        { state: 'completed', attempt: 2, metadata: { rows: 344 }, startedAt: expect.any(Date) },
        { state: 'failed', attempt: 1, error, metadata: { epoch: 3 }, endedAt: expect.any(Date) },
        { state: 'skipped', attempt: 0, reason: 'train failed', startedAt: undefined, endedAt: expect.any(Date) },
      ]);
      expect(await store.runs.getRun(run.id)).toMatchObject({ state: 'failed', error, endedAt: expect.any(Date) });
      expect(await store.runs.getArtifact(artifact.id)).toEqual({ ...artifact, version: 1 });
    });

    test('the start of the next step is recorded with the end of one, or neither', async () => {
      const run = newRun('training-1', ['load', 'train', 'report']);
      const lease = await store.runs.startRun(run);
      const artifact = newArtifact(run.id, 'load');
      const completed = (attempt: number, step = 'train') =>
        ({ state: 'completed', artifacts: [artifact], metadata: {}, next: { step, attempt } }) as const;
      await store.runs.recordStep(lease, 'load', { state: 'running', attempt: 1 });
      await store.runs.recordStep(lease, 'train', { state: 'running', attempt: 1 });
      await expect(store.runs.recordStep(lease, 'load', completed(1))).rejects.toMatchObject({
        code: 'PRECONDITION_FAILED',
        message: expect.stringContaining('"train"'),
      });
      await expect(store.runs.recordStep(lease, 'load', completed(2, 'load'))).rejects.toMatchObject({
        code: 'PRECONDITION_FAILED',
        message: expect.stringContaining('it is completed'),
      });
      expect((await store.runs.listStepRuns(run.id)).map(({ state }) => state)).toEqual([
        'running',
        'running',
        'pending',
      ]);
      expect(await store.runs.listArtifacts()).toEqual([]);
      await store.runs.recordStep(lease, 'load', completed(2));
      expect(await store.runs.listStepRuns(run.id)).toMatchObject([
        { state: 'completed' },
        { state: 'running', attempt: 2, endedAt: undefined },
        { state: 'pending' },
      ]);
      expect(await store.runs.getArtifact(artifact.id)).toEqual({ ...artifact, version: 1 });
    });

    test('a run is found by its id, its name and the beginning of its id', async () => {
      const run = newRun('training-1');
      await store.runs.startRun(run);
      for (const reference of [run.id, 'training-1', run.id.slice(0, 8)]) {
        expect((await store.runs.getRun(reference)).id).toBe(run.id);
      }
      await expect(store.runs.getRun('traning-1')).rejects.toMatchObject({
        code: 'RUN_NOT_FOUND',
        hint: 'Did you mean "training-1"?',
      });
    });

    test('the beginning of several ids is ambiguous', async () => {
      await store.runs.startRun({ ...newRun('one'), id: 'abc1' });
      await store.runs.startRun({ ...newRun('two'), id: 'abc2' });
      await expect(store.runs.getRun('abc')).rejects.toMatchObject({
        code: 'AMBIGUOUS',
        message: expect.stringContaining('one (abc1), two (abc2)'),
      });
    });

    test('a name or id that is taken is refused', async () => {
      const run = newRun('training-1');
      await store.runs.startRun(run);
      await expect(store.runs.startRun(newRun('training-1'))).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
      await expect(store.runs.startRun({ ...newRun('training-2'), id: run.id })).rejects.toMatchObject({
        code: 'ALREADY_EXISTS',
      });
    });

    test('runs are listed newest first, filtered and limited', async () => {
      for (let index = 0; index < 4; index += 1) {
        await store.runs.startRun(newRun(`run-${index}`, [], index === 3 ? 'other' : 'training'));
      }
      await store.runs.endRun({ runId: (await store.runs.getRun('run-1')).id, epoch: 1 }, { state: 'completed' });
      const names = async (filter?: Parameters<MetadataStore['runs']['listRuns']>[0]) =>
        (await store.runs.listRuns(filter)).map(({ name }) => name);
      expect(await names()).toEqual(['run-3', 'run-2', 'run-1', 'run-0']);
      expect(await names({ limit: 2 })).toEqual(['run-3', 'run-2']);
      expect(await names({ pipeline: 'training' })).toEqual(['run-2', 'run-1', 'run-0']);
      expect(await names({ state: 'completed' })).toEqual(['run-1']);
      expect(await names({ state: 'running', pipeline: 'other' })).toEqual(['run-3']);
    });

    test('without a limit, 50 runs are listed', async () => {
      for (let index = 0; index < 51; index += 1) await store.runs.startRun(newRun(`run-${index}`));
      expect(await store.runs.listRuns()).toHaveLength(50);
    });

    test('a plan of many steps is recorded whole, in order', async () => {
      const steps = Array.from({ length: 1201 }, (_, index) => `step-${index}`);
      const run = newRun('long', steps);
      await store.runs.startRun(run);
      expect((await store.runs.listStepRuns(run.id)).map(({ step }) => step)).toEqual(steps);
      expect((await store.runs.getRun('long')).plan).toEqual(run.plan);
    });

    test('the items of a mapped step stand after it, in order, and are steps of their own', async () => {
      const run = newRun('mapped', ['load', 'score', 'report']);
      await using lease = await store.runs.startRun(run);
      const items = Array.from({ length: 1201 }, (_, index) => `score[${index}]`);
      await store.runs.recordItems(lease, 'score', items);
      await store.runs.recordStep(lease, 'score[7]', { state: 'running', attempt: 1 });
      const artifacts = [newArtifact(run.id, 'score[7]')];
      await store.runs.recordStep(lease, 'score[7]', { state: 'completed', artifacts, metadata: {} });
      const steps = await store.runs.listStepRuns(run.id);
      expect(steps.map(({ step }) => step)).toEqual(['load', 'score', ...items, 'report']);
      expect(steps[1]).toMatchObject({ state: 'running', attempt: 1, index: 1, item: undefined });
      expect(steps[9]).toMatchObject({ state: 'completed', index: 1, item: 7 });
      expect(steps[10]).toMatchObject({ state: 'pending', attempt: 0, index: 1, item: 8 });
      await expect(store.runs.recordItems(lease, 'score', items)).rejects.toMatchObject({
        code: 'PRECONDITION_FAILED',
      });
      await store.runs.recordStep(lease, 'load', { state: 'skipped', reason: 'x' });
      await expect(store.runs.recordItems(lease, 'load', [])).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' });
      await expect(store.runs.recordItems(lease, 'lod', [])).rejects.toMatchObject({ code: 'STEP_NOT_FOUND' });
      expect((await store.runs.listStepRuns(run.id)).filter(({ item }) => item !== undefined)).toHaveLength(1201);
    });

    test('a run or step that is not there is an error', async () => {
      const run = newRun('training-1', ['load']);
      const lease = await store.runs.startRun(run);
      const change = { state: 'running', attempt: 1 } as const;
      await expect(store.runs.recordStep({ ...lease, runId: 'none' }, 'load', change)).rejects.toMatchObject({
        code: 'RUN_NOT_FOUND',
      });
      await expect(store.runs.recordStep(lease, 'lod', change)).rejects.toMatchObject({
        code: 'STEP_NOT_FOUND',
        hint: 'Did you mean "load"?',
      });
      await expect(store.runs.endRun({ ...lease, runId: 'none' }, { state: 'failed' })).rejects.toMatchObject({
        code: 'RUN_NOT_FOUND',
      });
      await expect(store.runs.listStepRuns('none')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
      await expect(store.runs.getArtifact('none')).rejects.toMatchObject({ code: 'ARTIFACT_NOT_FOUND' });
    });

    test('steps of one name in two runs are apart', async () => {
      const [first, second] = [newRun('one', ['load']), newRun('two', ['load'])];
      const lease = await store.runs.startRun(first);
      await store.runs.startRun(second);
      await store.runs.recordStep(lease, 'load', { state: 'running', attempt: 1 });
      expect(await store.runs.listStepRuns(first.id)).toMatchObject([{ state: 'running' }]);
      expect(await store.runs.listStepRuns(second.id)).toMatchObject([{ state: 'pending' }]);
    });

    test('a step that has ended does not change any more, and nothing of the late change is kept', async () => {
      const run = newRun('training-1', ['load']);
      const lease = await store.runs.startRun(run);
      await store.runs.recordStep(lease, 'load', { state: 'running', attempt: 1 });
      await store.runs.recordStep(lease, 'load', { state: 'cancelled', reason: 'by the user' });
      const late = store.runs.recordStep(lease, 'load', {
        state: 'completed',
        artifacts: [newArtifact(run.id, 'load')],
        metadata: { late: true },
      });
      await expect(late).rejects.toMatchObject({
        code: 'PRECONDITION_FAILED',
        message: 'The step "load" of the run "training-1" cannot become completed: it is cancelled.',
      });
      await expect(store.runs.recordStep(lease, 'load', { state: 'running', attempt: 2 })).rejects.toMatchObject({
        code: 'PRECONDITION_FAILED',
      });
      expect(await store.runs.listArtifacts()).toEqual([]);
      expect(await store.runs.listStepRuns(run.id)).toMatchObject([{ state: 'cancelled', metadata: {} }]);
    });

    test('a step does not complete before it ran, and an attempt does not begin twice', async () => {
      const run = newRun('training-1', ['load']);
      const lease = await store.runs.startRun(run);
      await expect(
        store.runs.recordStep(lease, 'load', { state: 'completed', artifacts: [], metadata: {} }),
      ).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' });
      await store.runs.recordStep(lease, 'load', { state: 'running', attempt: 1 });
      await expect(store.runs.recordStep(lease, 'load', { state: 'running', attempt: 1 })).rejects.toMatchObject({
        code: 'PRECONDITION_FAILED',
      });
    });

    test('a step that took the result of another completes without having run', async () => {
      const lease = await store.runs.startRun(newRun('training-1', ['load']));
      const from = { runId: 'other', step: 'load', computedAt: '2026-01-01T00:00:00.000Z' };
      const caching = { state: 'cached', key: 'k', ingredients: { code: '00' }, from } as const;
      await store.runs.recordStep(lease, 'load', { state: 'completed', artifacts: [], metadata: {}, caching });
      expect(await store.runs.listStepRuns(lease.runId)).toMatchObject([
        { state: 'completed', attempt: 0, caching, startedAt: undefined, endedAt: expect.any(Date) },
      ]);
    });

    test('the newest result of a cache key is found, of a step that completed', async () => {
      const caching = (key: string) => ({ state: 'computed', key, ingredients: {} }) as const;
      const complete = async (run: RunStart, key: string) => {
        const lease = await store.runs.startRun(run);
        await store.runs.recordStep(lease, 'load', { state: 'running', attempt: 1 });
        const change = { artifacts: [newArtifact(run.id, 'load')], metadata: {}, caching: caching(key) };
        await store.runs.recordStep(lease, 'load', { state: 'completed', ...change });
        await store.runs.recordStep(lease, 'train', { state: 'running', attempt: 1 });
        const error = { code: 'STEP_FAILED', message: 'it broke' };
        await store.runs.recordStep(lease, 'train', {
          state: 'failed',
          error,
          metadata: {},
          caching: caching('failed'),
        });
        await store.runs.endRun(lease, { state: 'failed', error });
        await sleep(2);
      };
      const runs = ['one', 'two', 'three'].map((name) => newRun(name, ['load', 'train']));
      for (const [index, run] of runs.entries()) await complete(run, index === 2 ? 'c' : 'a');
      await reopen();
      const found = async (...keys: string[]) => (await store.runs.findCached(keys))?.runId;
      expect(await found('a')).toBe(runs[1]?.id);
      expect(await found('none', 'a')).toBe(runs[1]?.id);
      expect(await found('a', 'c')).toBe(runs[2]?.id);
      expect(await found('none')).toBeUndefined();
      expect(await found('failed')).toBeUndefined();
      expect(await store.runs.findCached(['c'])).toMatchObject({ step: 'load', caching: caching('c') });
    });

    test('the secret of its digests is its own, and stays', async () => {
      const key = await store.runs.digestKey();
      expect(key).toMatch(/^[0-9a-f]{64}$/);
      await reopen();
      expect(await store.runs.digestKey()).toBe(key);
    });

    test('two that end one step at the same time do not both succeed', async () => {
      const run = newRun('training-1', ['load']);
      const lease = await store.runs.startRun(run);
      await store.runs.recordStep(lease, 'load', { state: 'running', attempt: 1 });
      const ends = await Promise.allSettled(
        Array.from({ length: 5 }, () =>
          store.runs.recordStep(lease, 'load', {
            state: 'completed',
            artifacts: [newArtifact(run.id, 'load')],
            metadata: {},
          }),
        ),
      );
      expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(await store.runs.listArtifacts()).toHaveLength(1);
    });

    test('a run that has ended does not end again, and its steps do not change any more', async () => {
      const run = newRun('training-1', ['load']);
      const lease = await store.runs.startRun(run);
      await store.runs.endRun(lease, { state: 'cancelled' });
      await expect(store.runs.endRun(lease, { state: 'completed' })).rejects.toMatchObject({
        code: 'PRECONDITION_FAILED',
      });
      await expect(store.runs.recordStep(lease, 'load', { state: 'running', attempt: 1 })).rejects.toMatchObject({
        code: 'PRECONDITION_FAILED',
      });
      expect(await store.runs.getRun(run.id)).toMatchObject({ state: 'cancelled' });
    });

    test('artifacts are listed newest first, filtered by run and step, and found by the beginning of an id', async () => {
      const run = newRun('training-1', ['load', 'train']);
      const lease = await store.runs.startRun(run);
      const artifacts = [
        ...(await complete(store, lease, 'load', [newArtifact(run.id, 'load', 'a'), newArtifact(run.id, 'load', 'b')])),
        ...(await complete(store, lease, 'train', [newArtifact(run.id, 'train')])),
      ];
      expect(await store.runs.listArtifacts()).toEqual(artifacts.toReversed());
      expect(await store.runs.listArtifacts({ runId: run.id, step: 'load' })).toEqual(artifacts.slice(0, 2).reverse());
      expect(await store.runs.listArtifacts({ runId: 'none' })).toEqual([]);
      expect(await store.runs.listArtifacts({ limit: 1 })).toEqual([artifacts[2]]);
      const [first] = artifacts;
      expect(await store.runs.getArtifact(first?.id.slice(0, 13) ?? '')).toEqual(first);
    });

    test('an artifact is given back with all that was recorded of it', async () => {
      const run = newRun('training-1', ['load']);
      const object = { path: 'a/b', size: 3, sha256: 'cd'.repeat(32) };
      const artifact: NewArtifact = {
        ...newArtifact(run.id, 'load'),
        materializerVersion: 2,
        tags: ['raw', 'small'],
        contents: [object, { ...object, path: 'a/c' }],
        visualizations: [{ ...object, name: 'histogram', type: 'image', mediaType: 'image/png' }],
        schema: { type: 'array', items: { type: 'number' } },
        metadata: { rows: 344, species: ['Adelie', 'Gentoo'], missing: null },
      };
      const [recorded] = await complete(store, await store.runs.startRun(run), 'load', [artifact]);
      expect(recorded).toEqual({ ...artifact, version: 1 });
      expect(await store.runs.getArtifact(artifact.id)).toEqual(recorded);
      const { name, sha256 } = recorded ?? artifact;
      expect([name, sha256]).toEqual(['training/load/output', 'ab'.repeat(32)]);
    });

    test('the artifacts of a name are counted, across runs and within a step', async () => {
      const versions: (readonly [string, number])[] = [];
      for (const name of ['one', 'two']) {
        const run = newRun(name, ['load']);
        const output = newArtifact(run.id, 'load');
        const saved = { ...output, name: 'penguins', output: undefined };
        const artifacts = [saved, output, { ...saved, id: randomUUID() }].map((artifact) => ({
          ...artifact,
          id: randomUUID(),
        }));
        const recorded = await complete(store, await store.runs.startRun(run), 'load', artifacts);
        expect(recorded.map(({ id }) => id)).toEqual(artifacts.map(({ id }) => id));
        versions.push(...recorded.map((artifact) => [artifact.name, artifact.version] as const));
      }
      expect(versions).toEqual([
        ['penguins', 1],
        ['training/load/output', 1],
        ['penguins', 2],
        ['penguins', 3],
        ['training/load/output', 2],
        ['penguins', 4],
      ]);
    });

    test('no version is given twice when many record artifacts of one name at once', async () => {
      const steps = Array.from({ length: 20 }, (_, index) => `load-${index}`);
      const lease = await store.runs.startRun(newRun('training-1', steps));
      await using other = await openStore(location);
      const recorded = await Promise.all(
        steps.map((step, index) =>
          complete(index % 2 === 0 ? store : other, lease, step, [
            { ...newArtifact(lease.runId, step), name: 'penguins' },
          ]),
        ),
      );
      const versions = recorded.flat().map(({ version }) => version);
      expect(versions.toSorted((a, b) => a - b)).toEqual(steps.map((_, index) => index + 1));
    });

    test('an artifact of no run is saved as the newest of its name', async () => {
      const artifact = savedArtifact('penguins');
      expect(await store.runs.saveArtifact(artifact)).toEqual({ ...artifact, version: 1 });
      expect(await store.runs.saveArtifact(savedArtifact('penguins'))).toMatchObject({ version: 2 });
      expect(await store.runs.getArtifact(artifact.id)).toEqual({ ...artifact, version: 1 });
      await reopen();
      expect((await store.runs.listArtifacts({ name: 'penguins' })).map(({ version }) => version)).toEqual([2, 1]);
      expect(await store.runs.listArtifacts({ name: 'penguin' })).toEqual([]);
    });

    test('an artifact is found by its name, and by a version or a tag of it', async () => {
      const saved = [];
      for (const tags of [['prod', 'a_b'], [], ['b']]) {
        saved.push(await store.runs.saveArtifact({ ...savedArtifact('birds/penguins'), tags }));
      }
      const [first, second, third] = saved;
      const found = async (reference: string) => (await store.runs.getArtifact(reference)).id;
      expect(await found('birds/penguins')).toBe(third?.id);
      expect(await found('birds/penguins@2')).toBe(second?.id);
      expect(await found('birds/penguins@prod')).toBe(first?.id);
      expect(await found('birds/penguins@a_b')).toBe(first?.id);
      // A name comes before the beginning of an id.
      const start = first?.id.slice(0, 8) ?? '';
      const named = await store.runs.saveArtifact(savedArtifact(start));
      expect(await found(start)).toBe(named.id);
      expect(await found(first?.id ?? '')).toBe(first?.id);
    });

    test.each([
      ['pengiuns', 'ARTIFACT_NOT_FOUND', 'There is no artifact "pengiuns".', 'Did you mean "penguins"?'],
      ['pengiuns@2', 'ARTIFACT_NOT_FOUND', 'There is no artifact "pengiuns".', 'Did you mean "penguins"?'],
      [
        'penguins@3',
        'ARTIFACT_NOT_FOUND',
        'Of the artifacts "penguins" there is no version 3: the newest is version 2, and there are the tags prod.',
        'See those that there are: stack artifact versions penguins',
      ],
      ['penguins@Prod', 'ARTIFACT_NOT_FOUND', 'none with the tag "Prod"', 'stack artifact versions penguins'],
      ['penguins@pro_', 'ARTIFACT_NOT_FOUND', 'none with the tag "pro_"', 'stack artifact versions penguins'],
      ['penguins@', 'ARGUMENT_INVALID', '"penguins@" names no artifact.', 'NAME@3'],
    ])('the reference %s is refused, with what there is', async (reference, code, message, hint) => {
      for (const tags of [['prod'], []]) await store.runs.saveArtifact({ ...savedArtifact('penguins'), tags });
      await expect(store.runs.getArtifact(reference)).rejects.toMatchObject({
        code,
        message: expect.stringContaining(message),
        hint: expect.stringContaining(hint),
      });
    });

    test('a tag is on one artifact of a name: giving it to another one moves it', async () => {
      const first = await store.runs.saveArtifact({ ...savedArtifact('penguins'), tags: ['prod', 'raw'] });
      const other = await store.runs.saveArtifact({ ...savedArtifact('seals'), tags: ['prod'] });
      const tagsOf = async (...ids: readonly string[]) =>
        Promise.all(ids.map(async (id) => (await store.runs.getArtifact(id)).tags));
      const second = await store.runs.saveArtifact({ ...savedArtifact('penguins'), tags: ['prod'] });
      expect(await tagsOf(first.id, second.id, other.id)).toEqual([['raw'], ['prod'], ['prod']]);
      const change = { add: ['prod', 'best', 'raw'], remove: ['raw'] };
      expect(await store.runs.changeTags('penguins@1', change)).toEqual({ ...first, tags: ['best', 'prod'] });
      expect(await tagsOf(first.id, second.id, other.id)).toEqual([['best', 'prod'], [], ['prod']]);
      await expect(store.runs.changeTags('penguins@1', { remove: ['best', 'raw'] })).rejects.toMatchObject({
        code: 'ARGUMENT_INVALID',
        message: 'The artifact penguins@1 does not have the tags raw.',
        hint: 'It has best, prod.',
      });
      await expect(store.runs.changeTags('penguins@1', { add: ['3'] })).rejects.toMatchObject({
        code: 'ARGUMENT_INVALID',
      });
      expect(await tagsOf(first.id)).toEqual([['best', 'prod']]);
    });

    test('of artifacts of one name that a step saves at once, the last one has a tag of several', async () => {
      const lease = await store.runs.startRun(newRun('training-1', ['load']));
      const saved = { ...newArtifact(lease.runId, 'load'), name: 'penguins', output: undefined, tags: ['prod'] };
      await store.runs.saveArtifact({ ...savedArtifact('penguins'), tags: ['prod'] });
      const recorded = await complete(store, lease, 'load', [
        { ...saved, tags: ['a', 'prod'] },
        { ...saved, id: randomUUID() },
      ]);
      expect(recorded.map(({ tags }) => tags)).toEqual([['a'], ['prod']]);
      expect((await store.runs.listArtifacts()).map(({ tags }) => tags)).toEqual([['prod'], ['a'], []]);
    });

    test('two that move a tag at the same time leave it on one artifact', async () => {
      for (let index = 0; index < 6; index += 1) await store.runs.saveArtifact(savedArtifact('penguins'));
      await using other = await openStore(location);
      await Promise.all(
        [1, 2, 3, 4, 5, 6].map((version) =>
          (version % 2 === 0 ? store : other).runs.changeTags(`penguins@${version}`, { add: ['prod'] }),
        ),
      );
      const tagged = (await store.runs.listArtifacts()).filter(({ tags }) => tags.includes('prod'));
      expect(tagged).toHaveLength(1);
    });

    test('metadata is added to an artifact, to what is logged of a run, and of a step', async () => {
      const lease = await store.runs.startRun(newRun('training-1', ['load']));
      const artifact = { ...newArtifact(lease.runId, 'load'), metadata: { rows: 1, kept: true } };
      await store.runs.recordStep(lease, 'load', { state: 'running', attempt: 1 });
      await store.runs.recordStep(lease, 'load', {
        state: 'completed',
        artifacts: [artifact],
        metadata: { components: { a: {} }, logged: { x: 1 } },
        runMetadata: { accuracy: 0.9 },
      });
      await store.runs.addMetadata({ artifact: 'training/load/output' }, { rows: 2 });
      await store.runs.addMetadata({ run: 'training-1', step: 'load' }, { x: 2, y: 3 });
      await store.runs.addMetadata({ run: 'training-1' }, { reviewed: true });
      await reopen();
      expect((await store.runs.getArtifact(artifact.id)).metadata).toEqual({ rows: 2, kept: true });
      expect((await store.runs.listStepRuns(lease.runId))[0]?.metadata).toEqual({
        components: { a: {} },
        logged: { x: 2, y: 3 },
      });
      expect((await store.runs.getRun('training-1')).metadata).toEqual({
        user: 'me',
        logged: { accuracy: 0.9, reviewed: true },
      });
      const add = (target: MetadataTarget) => store.runs.addMetadata(target, {});
      await expect(add({ artifact: 'none' })).rejects.toMatchObject({ code: 'ARTIFACT_NOT_FOUND' });
      await expect(add({ run: 'none' })).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
      await expect(add({ run: 'training-1', step: 'none' })).rejects.toMatchObject({ code: 'STEP_NOT_FOUND' });
    });

    test('what a step took is kept with it, and found from what it loaded by itself, of its run and of others', async () => {
      const saved = await store.runs.saveArtifact(savedArtifact('penguins'));
      const uses: string[] = [];
      let first: ArtifactRecord | undefined;
      for (const name of ['one', 'two']) {
        const lease = await store.runs.startRun(newRun(name, ['load', 'train', 'report']));
        const { runId } = lease;
        const [rows] = await complete(store, lease, 'load', [newArtifact(runId, 'load')]);
        first ??= rows;
        const inputs: readonly StepInput[] = [
          { input: 'rows', artifactId: rows?.id ?? '' },
          { input: 'penguins@1', artifactId: saved.id, isLoaded: true },
          { input: 'penguins', artifactId: saved.id, isLoaded: true },
          ...(first === rows ? [] : [{ input: 'first', artifactId: first?.id ?? '', isLoaded: true } as const]),
        ];
        await complete(store, lease, 'train', [newArtifact(runId, 'train')], inputs);
        expect((await store.runs.listStepRuns(runId)).map((step) => step.inputs)).toEqual([[], inputs, []]);
        uses.push(`${runId} train`);
      }
      const loadsOf = async (artifact: string | undefined) =>
        (await store.runs.listLoads(artifact ?? '')).map(({ runId, step }) => `${runId} ${step}`);
      expect(await loadsOf(saved.id)).toEqual(uses);
      // The step of its own run took it as an input.
      expect(await loadsOf(first?.id)).toEqual(uses.slice(1));
      expect(await loadsOf('none')).toEqual([]);
    });

    test('the step runs that took a result from the cache are found from it', async () => {
      const key = { key: 'ab', ingredients: {} };
      const results: StepRunRecord[] = [];
      for (const name of ['one', 'two', 'three']) {
        const lease = await store.runs.startRun(newRun(name, ['load', 'other']));
        const [computed] = results;
        const from = { runId: computed?.runId ?? '', step: 'load', computedAt: new Date().toISOString() };
        const caching =
          computed === undefined
            ? ({ state: 'computed', ...key } as const)
            : ({ state: 'cached', ...key, from } as const);
        if (computed === undefined) await store.runs.recordStep(lease, 'load', { state: 'running', attempt: 1 });
        await store.runs.recordStep(lease, 'load', { state: 'completed', artifacts: [], metadata: {}, caching });
        results.push((await store.runs.listStepRuns(lease.runId))[0] as StepRunRecord);
      }
      const [first, ...others] = results;
      expect(await store.runs.listReuses(first as StepRunRecord)).toEqual(others);
      expect(await store.runs.listReuses(others[0] as StepRunRecord)).toEqual([]);
    });
  });

  test('a store that was closed says so, and closing it again does nothing', async () => {
    const underway = store.components.add(newComponent('prod'));
    await store[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    expect((await underway).name).toBe('prod');
    await expect(store.components.list()).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('closed'),
    });
  });
});

function newFlavor(name: string, type = 'artifact-store'): NewFlavor {
  return {
    type,
    name,
    source: `./flavors/${name}.ts#flavor`,
    manifest: {
      type,
      name,
      export: 'flavor',
      configVersion: 1,
      configSchema: { type: 'object', properties: { path: { type: 'string' } } },
      settingsSchema: { type: 'object' },
      secretFields: ['key'],
      capabilities: [],
      isLocal: false,
    },
    files: { [`flavors/${name}.ts`]: 'a1b2' },
  };
}

function newComponent(name: string, rest: Partial<NewComponent> = {}): NewComponent {
  return { type: 'artifact-store', name, flavor: 's3', configVersion: 1, config: { path: 's3://bucket' }, ...rest };
}

function newRun(name: string, steps: readonly string[] = [], pipeline = 'training'): RunStart {
  const plan: Plan = {
    planVersion: 1,
    pipeline,
    source: { module: 'file:///training.ts', export: 'training' },
    parameters: { ratio: 0.8 },
    steps: steps.map((step) => ({ name: step, upstream: [], inputs: {}, outputs: ['output'], attempts: 1 })),
  };
  return { id: randomUUID(), name, stack: 'default', plan, metadata: { user: 'me' } };
}

function savedArtifact(name: string): NewArtifact {
  return { ...newArtifact('', ''), name, runId: undefined, step: undefined, output: undefined };
}

/** Runs a step to its end. */
async function complete(
  { runs }: Pick<MetadataStore, 'runs'>,
  lease: RunFence,
  step: string,
  artifacts: readonly NewArtifact[],
  inputs?: readonly StepInput[],
): Promise<readonly ArtifactRecord[]> {
  await runs.recordStep(lease, step, { state: 'running', attempt: 1 });
  return runs.recordStep(lease, step, { state: 'completed', artifacts, inputs, metadata: {} });
}

function findSharedStart(records: readonly ComponentRecord[]): { start: string; records: ComponentRecord[] } {
  for (const { id } of records) {
    const sharing = records.filter((other) => other.id[0] === id[0]);
    if (sharing.length > 1) return { start: id.slice(0, 1), records: sharing };
  }
  throw new Error('All ids begin differently.');
}
