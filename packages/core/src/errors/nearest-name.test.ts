import { expect, test } from 'vitest';
import { didYouMean, nearestNames } from './nearest-name.ts';

test('the nearest names come first, those as near in the order of the alphabet', () => {
  expect(nearestNames('regoin', ['reason', 'origin', 'region', 'path'])).toEqual(['region']);
  expect(nearestNames('cat', ['hat', 'bat', 'cats', 'cut'])).toEqual(['cats', 'bat', 'cut']);
});

test('swapped neighbours are one edit, upper and lower case none', () => {
  expect(nearestNames('ab', ['ba'])).toEqual(['ba']);
  expect(nearestNames('REGION', ['region', 'regions'])).toEqual(['region', 'regions']);
});

test('the beginning of a name finds it, however long it is', () => {
  expect(nearestNames('art', ['artifact-store', 'orchestrator'])).toEqual(['artifact-store']);
  expect(nearestNames('a', ['artifact-store'])).toEqual([]);
});

test('what is too far away is no suggestion', () => {
  expect(nearestNames('region', ['endpoint', 'path'])).toEqual([]);
  expect(didYouMean('region', ['endpoint', 'path'])).toBeUndefined();
  expect(didYouMean('region', [])).toBeUndefined();
});

test('at most three names are suggested', () => {
  expect(didYouMean('aa', ['ab', 'ac', 'ad', 'ae'])).toBe('Did you mean "ab" or "ac" or "ad"?');
});

test('a name as long as a file is told apart at once', () => {
  // Not the time that other processes had meanwhile.
  const started = process.threadCpuUsage();
  expect(nearestNames('x'.repeat(4_000_000), Array(50).fill('maxRetries'))).toEqual([]);
  // With a table of all their letters it takes more than ten times as long.
  const { user } = process.threadCpuUsage(started);
  expect(user / 1000).toBeLessThan(1_000);
});
