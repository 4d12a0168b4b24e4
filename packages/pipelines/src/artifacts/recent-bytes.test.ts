import { expect, it } from 'vitest';
import { RecentBytes } from './recent-bytes.ts';

it('keeps the latest objects of up to 64 KiB', () => {
  const recent = new RecentBytes();
  recent.add('large', Buffer.alloc(64 * 1024 + 1));
  for (let index = 0; index <= 64; index++) recent.add(String(index), Buffer.from([index]));
  recent.add('full', Buffer.alloc(64 * 1024, 7));
  const kept = ['large', '0', '1', '2', '64'].filter((path) => recent.find(path) !== undefined);
  expect(kept).toEqual(['2', '64']);
  expect(recent.find('full')).toEqual(Buffer.alloc(64 * 1024, 7));
});

it('gives copies, and keeps one', () => {
  const recent = new RecentBytes();
  const bytes = Buffer.from('as it was');
  recent.add('path', bytes);
  bytes.fill(1);
  recent.find('path')?.fill(2);
  expect(recent.find('path')?.toString()).toBe('as it was');
});
