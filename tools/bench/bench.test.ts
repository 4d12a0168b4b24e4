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

test('subjects are run by turns, the first turn does not count, and the median is the middle one', async () => {
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
  expect(turns.join()).toBe('slow,fast,slow,fast,slow,fast,slow,fast');
  expect(measured?.times).toHaveLength(3);
  expect(measured?.median).toBe(measured?.times[1]);
  expect(measured?.median).toBeLessThan(15);
});
