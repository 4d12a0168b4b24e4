import assert from 'node:assert/strict';
import { matchesGlob } from 'node:path';
import { type ArtifactStore, type ErrorCode, type ListEntry, StackError } from '@stack/core';
import { expectBytes } from '../../conformance/expect-bytes.ts';
import { chunks } from '../cases/chunks.ts';
import { byBytes, collect, paths } from '../cases/listing.ts';
import type { Condition, StoreOperation } from './store-operation.ts';

interface ModelObject {
  readonly bytes: Buffer;
  readonly etag: string;
}

/** Codes that an operation may end with, all of which are true; none when it has to succeed. */
type Refusals = readonly ErrorCode[];

/**
 * What a directory of a store has to hold, as a map: does each operation to both, and fails where they differ. Where
 * several things keep an operation from being done, the store may tell any of them.
 */
export class StoreModel {
  readonly directory: string;
  readonly #store: ArtifactStore;
  readonly #objects = new Map<string, ModelObject>();
  /** An etag of an object that was there and is not any more. */
  #formerEtag = 'none';
  #writes = 0;

  constructor(store: ArtifactStore, directory: string) {
    this.#store = store;
    this.directory = directory;
  }

  async check(operation: StoreOperation): Promise<void> {
    const store = this.#store;
    switch (operation.do) {
      case 'write': {
        const { key, size, condition, as } = operation;
        const bytes = Buffer.alloc(size, String(this.#writes++ % 10));
        const source = as === 'bytes' ? bytes : chunks([bytes.subarray(0, size >> 1), bytes.subarray(size >> 1)]);
        const stat = await this.#expect(operation, this.#refusalsAt(key, condition), () =>
          store.write(this.#path(key), source, this.#conditions(key, condition)),
        );
        if (stat !== undefined) this.#put(key, { bytes, etag: stat.etag });
        return;
      }
      case 'read': {
        const { key, start, length } = operation;
        const range = length === null ? { start } : { start, end: start + length };
        const found = await this.#expect(operation, this.#absence(key), () => store.read(this.#path(key), range));
        if (found !== undefined) expectBytes(found, this.#get(key).bytes.subarray(start, range.end), key);
        return;
      }
      case 'stat': {
        const { key } = operation;
        const stat = await this.#expect(operation, this.#absence(key), () => store.stat(this.#path(key)));
        if (stat === undefined) return;
        const { bytes, etag } = this.#get(key);
        assert.deepEqual({ size: stat.size, etag: stat.etag }, { size: bytes.length, etag });
        return;
      }
      case 'exists':
      case 'isDirectory': {
        const isThere =
          this.#isDirectory(operation.key) || (operation.do === 'exists' && this.#objects.has(operation.key));
        const found = await this.#expect(operation, [], () => store[operation.do](this.#path(operation.key)));
        assert.equal(found, isThere, describe(operation));
        return;
      }
      case 'list':
      case 'walk': {
        const found = await this.#expect(operation, [], () =>
          collect(store[operation.do](this.#path(operation.directory))),
        );
        const expected = operation.do === 'list' ? this.#list(operation.directory) : this.#walk(operation.directory);
        assert.deepEqual(
          (found ?? []).map((entry) => this.#shown(entry)),
          expected,
          describe(operation),
        );
        return;
      }
      case 'glob': {
        const found = await this.#expect(operation, [], () => paths(store.glob(this.#path(operation.pattern))));
        const expected = this.#keys().filter((key) => matchesGlob(key, operation.pattern));
        assert.deepEqual(
          (found ?? []).map((path) => path.slice(this.directory.length + 1)),
          expected,
          describe(operation),
        );
        return;
      }
      case 'copy':
      case 'rename':
        return this.#checkMove(operation);
      case 'remove': {
        const { key } = operation;
        await this.#expect(operation, this.#absence(key), () => store.remove(this.#path(key)));
        this.#delete(key);
        return;
      }
      case 'removeMany':
        await this.#expect(operation, [], () => store.removeMany(operation.keys.map((key) => this.#path(key))));
        for (const key of operation.keys) this.#delete(key);
        return;
      case 'removeTree': {
        const { directory } = operation;
        await this.#expect(operation, [], () => store.removeTree(this.#path(directory)));
        for (const key of this.#keys()) if (isAtOrBelow(key, directory)) this.#delete(key);
        return;
      }
    }
  }

  /** Every object, byte for byte. */
  async checkObjects(): Promise<void> {
    assert.deepEqual(
      await paths(this.#store.walk(this.directory)),
      this.#keys().map((key) => this.#path(key)),
    );
    for (const [key, { bytes }] of this.#objects) expectBytes(await this.#store.read(this.#path(key)), bytes, key);
  }

  async #checkMove(operation: StoreOperation & { readonly do: 'copy' | 'rename' }): Promise<void> {
    const { from, to, condition } = operation;
    const refusals = [...this.#absence(from), ...this.#refusalsAt(to, condition)];
    const stat = await this.#expect(operation, refusals, () =>
      this.#store[operation.do](this.#path(from), this.#path(to), this.#conditions(to, condition)),
    );
    if (stat === undefined) return;
    this.#put(to, { bytes: this.#get(from).bytes, etag: stat.etag });
    if (operation.do === 'rename' && from !== to) this.#delete(from);
  }

  /** The result; `undefined` when it is refused as it has to be. */
  async #expect<Result>(
    operation: StoreOperation,
    refusals: Refusals,
    action: () => Promise<Result>,
  ): Promise<Result | undefined> {
    let result: Result;
    try {
      result = await action();
    } catch (error) {
      if (StackError.is(error) && refusals.includes(error.code)) return undefined;
      const expected = refusals.length === 0 ? 'success' : refusals.join(' or ');
      throw new assert.AssertionError({
        message: `${describe(operation)}: expected ${expected}, and it rejects with ${error}`,
      });
    }
    assert.equal(refusals.length, 0, `${describe(operation)}: expected ${refusals.join(' or ')}, and it resolves`);
    return result;
  }

  #refusalsAt(key: string, condition: Condition): Refusals {
    const present = this.#objects.get(key);
    const refusals: ErrorCode[] = [];
    const isBelowObject = this.#keys().some((other) => key.startsWith(`${other}/`));
    if (isBelowObject || this.#isDirectory(key)) refusals.push('PATH_CONFLICT');
    if (condition === 'ifAbsent' && present !== undefined) refusals.push('ALREADY_EXISTS');
    if (condition === 'ifMatch' && present === undefined) refusals.push('PRECONDITION_FAILED');
    if (condition === 'ifMatch of before' && present?.etag !== this.#formerEtag) refusals.push('PRECONDITION_FAILED');
    return refusals;
  }

  #conditions(key: string, condition: Condition): { readonly ifAbsent?: boolean; readonly ifMatch?: string } {
    switch (condition) {
      case 'none':
        return {};
      case 'ifAbsent':
        return { ifAbsent: true };
      case 'ifMatch':
        return { ifMatch: this.#objects.get(key)?.etag ?? this.#formerEtag };
      case 'ifMatch of before':
        return { ifMatch: this.#formerEtag };
    }
  }

  #absence(key: string): Refusals {
    return this.#objects.has(key) ? [] : ['NOT_FOUND'];
  }

  #isDirectory(key: string): boolean {
    return this.#keys().some((other) => other.startsWith(`${key}/`));
  }

  #walk(directory: string): string[] {
    return this.#keys()
      .filter((key) => directory === '' || key.startsWith(`${directory}/`))
      .map((key) => `file ${key} ${this.#get(key).bytes.length}`);
  }

  #list(directory: string): string[] {
    const prefix = directory === '' ? '' : `${directory}/`;
    const below = this.#keys().filter((key) => key.startsWith(prefix));
    const entries = below.map((key) => {
      const slash = key.indexOf('/', prefix.length);
      return slash < 0 ? `file ${key} ${this.#get(key).bytes.length}` : `directory ${key.slice(0, slash)}`;
    });
    return [...new Set(entries)];
  }

  #shown(entry: ListEntry): string {
    const key = entry.path.slice(this.directory.length + 1);
    return entry.type === 'file' ? `file ${key} ${entry.size}` : `directory ${key}`;
  }

  #keys(): string[] {
    return [...this.#objects.keys()].sort(byBytes);
  }

  #get(key: string): ModelObject {
    const object = this.#objects.get(key);
    assert.ok(object !== undefined);
    return object;
  }

  #put(key: string, object: ModelObject): void {
    const former = this.#objects.get(key);
    if (former !== undefined && former.etag !== object.etag) this.#formerEtag = former.etag;
    this.#objects.set(key, object);
  }

  #delete(key: string): void {
    this.#formerEtag = this.#objects.get(key)?.etag ?? this.#formerEtag;
    this.#objects.delete(key);
  }

  #path(key: string): string {
    return key === '' ? this.directory : `${this.directory}/${key}`;
  }
}

function describe(operation: StoreOperation): string {
  return JSON.stringify(operation);
}

function isAtOrBelow(key: string, directory: string): boolean {
  return directory === '' || key === directory || key.startsWith(`${directory}/`);
}
