import { expect, test } from 'vitest';
import { parseOptions } from './options.ts';
import { workloadNames } from './workloads.ts';

test('without options everything is measured, and nothing is kept', () => {
  expect(parseOptions([])).toEqual({ workloads: workloadNames, rounds: 5, json: false, keep: false });
});

test('all problems come at once', () => {
  const wrong = ['--workload=sing', '--rounds=4', '--keep'];
  expect(() => parseOptions(wrong)).toThrow(/--workload sing: [^\n]+\n--rounds 4: [^\n]+\n--keep: [^\n]+$/);
});

test.each([['--workload=chain of 50'], ['--rounds=3']])('a run with %s is not kept', (option) => {
  expect(() => parseOptions(['--keep', option])).toThrow('--keep: ');
});
