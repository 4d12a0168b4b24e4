import { expect, test } from 'vitest';
import { parseOptions } from './options.ts';
import { storeNames } from './stores.ts';
import { workloadNames } from './workloads.ts';

test('without options everything is measured in full size, and nothing is kept', () => {
  expect(parseOptions([])).toEqual({
    stores: storeNames,
    workloads: workloadNames,
    scale: 1,
    rounds: 5,
    json: false,
    keep: false,
    page: false,
  });
});

test('stores and workloads are those that are named', () => {
  const options = parseOptions([
    '--store',
    'minio',
    '--store=local',
    '--workload',
    'put',
    '--size',
    '0.1',
    '--rounds=3',
  ]);
  expect(options).toMatchObject({ stores: ['local', 'minio'], workloads: ['put'], scale: 0.1, rounds: 3 });
});

test('all problems come at once', () => {
  const wrong = ['--store=moon', '--workload=sing', '--size=2', '--rounds=4', '--keep'];
  expect(() => parseOptions(wrong)).toThrow(
    /--store moon: [^\n]+\n--workload sing: [^\n]+\n--size 2: [^\n]+\n--rounds 4: [^\n]+\n--keep: [^\n]+$/,
  );
});

test.each([['--workload=put'], ['--size=0.5'], ['--rounds=3']])('a run with %s is not kept', (option) => {
  expect(() => parseOptions(['--keep', option])).toThrow('--keep: ');
  expect(parseOptions(['--keep', '--store=local'])).toMatchObject({ keep: true, stores: ['local'] });
});

test('an unknown option is an error', () => {
  expect(() => parseOptions(['--stores=local'])).toThrow("Unknown option '--stores'");
});
