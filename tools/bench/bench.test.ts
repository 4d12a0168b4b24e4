import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { measure } from './measure.ts';

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
  const waits = [40, 1, 20, 1];
  const slow = async () => {
    turns.push('slow');
    await new Promise((resolve) => setTimeout(resolve, waits.shift()));
  };
  const [measured] = await measure(
    [
      { name: 'slow', run: slow },
      { name: 'fast', run: () => void turns.push('fast') },
    ],
    3,
  );
  expect(turns.join()).toBe('slow,fast,slow,fast,fast,slow,slow,fast');
  expect(measured?.times).toHaveLength(3);
  expect(measured?.times[1]).toBe(Math.max(...(measured?.times ?? [])));
  expect(measured?.median).toBe(measured?.times.toSorted((a, b) => a - b)[1]);
  expect(measured?.median).toBeLessThan(15);
});

test('what a subject cleans up after each turn is not timed', async () => {
  const turns: string[] = [];
  const cleanUp = async () => {
    turns.push('clean');
    await new Promise((resolve) => setTimeout(resolve, 30));
  };
  const [measured] = await measure([{ name: 'subject', run: () => void turns.push('run'), cleanUp }], 1);
  expect(turns.join()).toBe('run,clean,run,clean');
  expect(measured?.median).toBeLessThan(15);
});
