import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Requirement, whyUnavailable } from './backend.ts';

// Between attempts it waits for 15 s in all.
vi.mock('node:timers/promises', () => ({ setTimeout: async () => {} }));

let installs = 0;

beforeEach(() => {
  installs = 0;
});

afterEach(() => {
  vi.unstubAllEnvs();
});

/** One that is there after a number of installations that fail. */
function requirement({ failures, obstacle = 'it is not there' }: { failures: number; obstacle?: string }): Requirement {
  let isThere = false;
  return {
    name: 'Some server',
    findObstacle: () => (isThere ? undefined : obstacle),
    async install() {
      installs += 1;
      if (installs <= failures) throw new Error(`the registry refused (${installs})`);
      isThere = obstacle === 'it is not there';
    },
  };
}

test('what is missing is a reason to skip, and is not installed, where backends are not required', async () => {
  vi.stubEnv('STACK_REQUIRE_BACKENDS', '');
  expect(await whyUnavailable(requirement({ failures: 0 }))).toBe('it is not there');
  expect(installs).toBe(0);
});

test('what is missing is installed, at the third attempt too, where backends are required', async () => {
  vi.stubEnv('STACK_REQUIRE_BACKENDS', '1');
  expect(await whyUnavailable(requirement({ failures: 2 }))).toBeUndefined();
  expect(installs).toBe(3);
});

test('what cannot be installed fails by its name, with each attempt', async () => {
  vi.stubEnv('STACK_REQUIRE_BACKENDS', '1');
  await expect(whyUnavailable(requirement({ failures: 3 }))).rejects.toThrow(
    'Some server cannot be installed:\nattempt 1: the registry refused (1)\nattempt 2: the registry refused (2)\n' +
      'attempt 3: the registry refused (3)',
  );
});

test('what is installed and still cannot be used fails by its name', async () => {
  vi.stubEnv('STACK_REQUIRE_BACKENDS', '1');
  await expect(whyUnavailable(requirement({ failures: 0, obstacle: 'it needs root' }))).rejects.toThrow(
    'Some server was installed, and still cannot be used: it needs root',
  );
});
