import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { KnownPlaces } from './known-places.ts';
import { compareEntries, type ListEntry } from './object-stat.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

/** Keys that others write, too, and a component that asks before it writes. */
class Backend {
  readonly keys = new Set<string>();
  readonly places = new KnownPlaces();
  readonly asked: string[] = [];
  listingTime = 0;

  async write(key: string): Promise<boolean> {
    const isFree = await this.places.isFree(key, {
      isFree: async () => {
        this.asked.push(key);
        return this.conflicts(key).length === 0;
      },
      isBelowObject: async () => {
        this.asked.push(`above ${key}`);
        return this.conflicts(key).some((other) => key.startsWith(`${other}/`));
      },
      siblings: async (limit) => {
        const directory = key.slice(0, key.lastIndexOf('/') + 1);
        this.asked.push(`${directory}*`);
        const entries = this.#entries(directory).slice(0, limit);
        vi.advanceTimersByTime(this.listingTime);
        return entries;
      },
    });
    if (isFree) this.keys.add(key);
    // Who was refused need not have written nothing.
    this.places.wrote(key);
    return isFree;
  }

  /** Those that are below a key, or that it is below. */
  conflicts(key: string): string[] {
    return [...this.keys].filter((other) => other.startsWith(`${key}/`) || key.startsWith(`${other}/`));
  }

  #entries(prefix: string): ListEntry[] {
    const entries = new Map<string, ListEntry>();
    for (const key of this.keys) {
      if (!key.startsWith(prefix)) continue;
      const slash = key.indexOf('/', prefix.length);
      if (slash < 0) entries.set(key, { type: 'file', path: key, size: 0, modifiedAt: new Date(0) });
      else entries.set(key.slice(0, slash + 1), { type: 'directory', path: key.slice(0, slash) });
    }
    return [...entries.values()].sort(compareEntries);
  }
}

it('asks for a key, then lists its directory, and then asks for nothing for two seconds', async () => {
  const backend = new Backend();
  for (const name of ['1', '2', '3', '4']) expect(await backend.write(`a/b/${name}`)).toBe(true);
  expect(backend.asked).toEqual(['a/b/1', 'a/b/*']);
  vi.advanceTimersByTime(1999);
  await backend.write('a/b/5');
  await backend.write('a/other');
  expect(backend.asked).toEqual(['a/b/1', 'a/b/*', 'a/other']);
  vi.advanceTimersByTime(1);
  for (const name of ['6', '7']) await backend.write(`a/b/${name}`);
  expect(backend.asked.slice(3)).toEqual(['a/b/*']);
  vi.advanceTimersByTime(4000);
  await backend.write('a/b/8');
  expect(backend.asked.slice(4)).toEqual(['a/b/8']);
});

it('lists a directory of many entries once many keys of it were asked for', async () => {
  const backend = new Backend();
  for (let index = 0; index < 500; index++) backend.keys.add(`a/${index}/b`);
  for (let index = 0; index < 100; index++) await backend.write(`a/new-${index}`);
  expect(backend.asked.slice(0, 4)).toEqual(['a/new-0', 'a/*', 'a/new-1', 'a/new-2']);
  expect(backend.asked.filter((question) => question === 'a/*').length).toBeLessThan(7);
  expect(backend.asked).not.toContain('a/new-70');
  vi.advanceTimersByTime(2000);
  await backend.write('a/late');
  expect(backend.asked.at(-1)).toBe('a/*');
});

it('asks for each key of a directory of more than 1,000 entries', async () => {
  const backend = new Backend();
  for (let index = 0; index < 1000; index++) backend.keys.add(`a/${index}/b`);
  for (let round = 0; round < 3; round++) {
    vi.advanceTimersByTime(1000);
    for (let index = 0; index < 200; index++) await backend.write(`a/new-${round}-${index}`);
  }
  expect(backend.asked.filter((question) => question === 'a/*').length).toBeLessThan(7);
  expect(backend.asked).toContain('a/new-2-199');
});

it('lists a directory for one of those who write at once, and the others do not wait for it', async () => {
  const backend = new Backend();
  await backend.write('a/0');
  await Promise.all(['1', '2', '3'].map((name) => backend.write(`a/${name}`)));
  expect(backend.asked).toEqual(['a/0', 'a/*', 'a/2', 'a/3']);
});

it('looks above a directory that it finds empty, and then asks for nothing for two seconds', async () => {
  const backend = new Backend();
  for (const name of ['1', '2']) await backend.write(`a/b/${name}`);
  backend.keys.clear();
  vi.advanceTimersByTime(2000);
  for (const name of ['3', '4']) expect(await backend.write(`a/b/${name}`)).toBe(true);
  expect(backend.asked.slice(2)).toEqual(['a/b/*', 'above a/b/3']);
  backend.keys.clear();
  backend.keys.add('a');
  vi.advanceTimersByTime(2000);
  for (const name of ['5', '6']) expect(await backend.write(`a/b/${name}`)).toBe(false);
});

it('sees what others wrote two seconds ago', async () => {
  const backend = new Backend();
  for (const name of ['1', '2', '3']) await backend.write(`a/${name}`);
  backend.keys.add('a/b/c').add('a/d');
  vi.advanceTimersByTime(2000);
  expect(await backend.write('a/b')).toBe(false);
  expect(await backend.write('a/d/e')).toBe(false);
});

it('finds nothing out from a listing that failed', async () => {
  const places = new KnownPlaces();
  const isFree = async () => false;
  const isBelowObject = isFree;
  const siblings = () => Promise.reject(new Error('the listing broke'));
  expect(await places.isFree('a/1', { isFree, isBelowObject, siblings })).toBe(false);
  for (const key of ['a/2', 'a/3'])
    await expect(places.isFree(key, { isFree, isBelowObject, siblings })).rejects.toThrow('broke');
});

it('relies on a listing for two seconds from when it was begun', async () => {
  const backend = new Backend();
  await backend.write('a/1');
  vi.advanceTimersByTime(500);
  backend.listingTime = 600;
  await backend.write('a/2');
  vi.advanceTimersByTime(1399);
  await backend.write('a/3');
  vi.advanceTimersByTime(1);
  await backend.write('a/4');
  expect(backend.asked).toEqual(['a/1', 'a/*', 'a/*']);
});

it('forgets no conflict when it has too much to remember', async () => {
  const backend = new Backend();
  for (const name of ['1', '2']) await backend.write(`a/${name}`);
  for (const key of ['a/b/c', ...Array.from({ length: 10_000 }, (_, index) => `c/${index}`)]) {
    backend.keys.add(key);
    backend.places.wrote(key);
  }
  await backend.write('a/3');
  expect(await backend.write('a/b')).toBe(false);
});

it('knows a directory that it wrote to, also after a write to its key was refused', async () => {
  const backend = new Backend();
  for (const key of ['1', '2', 'a/b']) await backend.write(key);
  for (let attempt = 0; attempt < 3; attempt++) expect(await backend.write('a')).toBe(false);
});

it('sees its own object where others removed a directory that it knew', async () => {
  const backend = new Backend();
  for (const key of ['a/b/1', 'a/b/2']) await backend.write(key);
  backend.keys.clear();
  expect(await backend.write('a')).toBe(true);
  expect(await backend.write('a/b/3')).toBe(false);
});

it('knows of all that its component has written, and of what others had two seconds ago', async () => {
  const name = fc.constantFrom('a', 'b', 'c');
  const step = fc.record({
    key: fc
      .array(fc.oneof(name, name, fc.constant('a/a')), { minLength: 1, maxLength: 2 })
      .map((names) => names.join('/')),
    action: fc.constantFrom('write', 'write', 'write', 'remove', 'write of another'),
    milliseconds: fc.constantFrom(0, 0, 0, 800, 2000),
  });
  const program = fc.array(step, { minLength: 5, maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(program, async (steps) => {
      const backend = new Backend();
      const knownFrom = new Map<string, number>();
      for (const { key, action, milliseconds } of steps) {
        vi.advanceTimersByTime(milliseconds);
        const conflicts = backend.conflicts(key);
        if (action === 'remove') backend.keys.delete(key);
        else if (action === 'write of another') {
          if (conflicts.length > 0) continue;
          if (!backend.keys.has(key)) knownFrom.set(key, performance.now() + 2000);
          backend.keys.add(key);
        } else if (await backend.write(key)) {
          for (const other of conflicts) expect(knownFrom.get(other)).toBeGreaterThan(performance.now());
          // Both are there then, and what lies in a directory does not show any more that no object is above it.
          if (conflicts.length > 0) return;
          knownFrom.set(key, 0);
        } else expect(conflicts).not.toEqual([]);
      }
    }),
    { numRuns: 500 },
  );
});
