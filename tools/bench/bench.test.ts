import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { measure } from './measure.ts';

afterEach(() => void vi.useRealTimers());

function bench(...names: string[]) {
  return spawnSync(process.execPath, [join(import.meta.dirname, 'bench.ts'), ...names], { encoding: 'utf8' });
}

test('without a name, the benchmarks are listed', () => {
  expect(bench()).toMatchObject({ status: 0, stdout: expect.stringMatching(/^ {2}cli$/m), stderr: '' });
});

test('a wrong name is an error that lists the benchmarks', () => {
  const stdout: unknown = expect.stringMatching(/^ {2}cli$/m);
  expect(bench('nothing')).toMatchObject({ status: 2, stdout, stderr: 'There is no benchmark "nothing".\n' });
});

test('subjects are run by turns, every other round backwards; the first does not count; the median is the middle one', async () => {
  const turns: string[] = [];
  vi.useFakeTimers({ toFake: ['performance'] });
  const waits = [40, 1, 20, 3];
  const slow = () => {
    turns.push('slow');
    vi.advanceTimersByTime(waits.shift() ?? 0);
  };
  const [measured] = await measure(
    [
      { name: 'slow', run: slow },
      { name: 'fast', run: () => void turns.push('fast') },
    ],
    3,
  );
  expect(turns.join()).toBe('slow,fast,slow,fast,fast,slow,slow,fast');
  expect(measured).toEqual({ name: 'slow', times: [1, 20, 3], median: 3 });
});

test('what a subject cleans up after each turn is not timed', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const turns: string[] = [];
  const cleanUp = async () => {
    turns.push('clean');
    vi.advanceTimersByTime(30);
  };
  const [measured] = await measure([{ name: 'subject', run: () => void turns.push('run'), cleanUp }], 1);
  expect(turns.join()).toBe('run,clean,run,clean');
  expect(measured?.median).toBe(0);
});
