import { createHash, hash } from 'node:crypto';
import { Transform } from 'node:stream';
import type { BenchedStore, Operations } from '../benched-store.ts';

/** The same with a SHA-256 computed of all that is written, and compared for all that is read. */
export function withSha256(store: BenchedStore): BenchedStore {
  const { put, get, write, read } = store as BenchedStore & Operations;
  const none = 'no digest plays a part in it';
  return {
    by: 'the same, and `createHash` in its streams',
    put(key, bytes) {
      hash('sha256', bytes);
      return put(key, bytes);
    },
    async get(key, sha256) {
      const bytes = await get(key, sha256);
      if (hash('sha256', bytes) !== sha256) throw new Error('the digest is wrong');
      return bytes;
    },
    async write(key, source, size) {
      const hashed = source.pipe(sha256Stream());
      source.once('error', (error) => hashed.destroy(error));
      await write(key, hashed, size);
    },
    async read(key, sha256) {
      const source = await read(key, sha256);
      const hashed = source.pipe(sha256Stream(sha256));
      source.once('error', (error) => hashed.destroy(error));
      return hashed;
    },
    upload: none,
    download: none,
    list: none,
  };
}

function sha256Stream(expected?: string): Transform {
  const computed = createHash('sha256');
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      computed.update(chunk);
      done(undefined, chunk);
    },
    flush(done) {
      const found = computed.digest('hex');
      done(expected === undefined || found === expected ? undefined : new Error('the digest is wrong'));
    },
  });
}
