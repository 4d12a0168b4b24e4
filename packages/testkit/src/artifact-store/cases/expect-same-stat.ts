import assert from 'node:assert/strict';
import type { ObjectStat } from '@stack/core';

/** Fails unless the stats are of one object: what a write gives may have a time that is two seconds off. */
export function expectSameStat({ modifiedAt, ...stat }: ObjectStat, written: ObjectStat): void {
  const { modifiedAt: writtenAt, ...rest } = written;
  assert.deepEqual(stat, rest);
  const difference = Math.abs(modifiedAt.getTime() - writtenAt.getTime());
  assert.ok(difference <= 2000, `the times are ${difference} ms apart`);
}
