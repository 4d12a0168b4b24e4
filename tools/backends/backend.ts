import { setTimeout as sleep } from 'node:timers/promises';

/** Something that tests need on this machine, and that can be installed on it. */
export interface Requirement {
  /** What people call it, e.g. `PostgreSQL`. */
  readonly name: string;
  /** Why it cannot be used on this machine; `undefined` when it can. */
  findObstacle(): string | undefined;
  /** Installs it, or mends what is broken of it. Several processes may do so at once. */
  install(): Promise<void>;
}

/** A real system that tests start on this machine. Each is a file of this folder. */
export interface Backend<Server extends AsyncDisposable> extends Requirement {
  /** Starts one of its own for the caller, on loopback; disposing ends it and removes what it stored. */
  start(): Promise<Server>;
}

const installAttempts = 3;

/**
 * Why the tests that need it are to be skipped, to be shown in their names; `undefined` when they can run. With
 * `STACK_REQUIRE_BACKENDS=1`, what is missing is installed first.
 *
 * @throws when it is required, and cannot be installed
 */
export async function whyUnavailable(requirement: Requirement): Promise<string | undefined> {
  const obstacle = requirement.findObstacle();
  if (obstacle === undefined || !process.env.STACK_REQUIRE_BACKENDS) return obstacle;
  await install(requirement);
  const rest = requirement.findObstacle();
  if (rest !== undefined) throw new Error(`${requirement.name} was installed, and still cannot be used: ${rest}`);
  return undefined;
}

async function install(requirement: Requirement): Promise<void> {
  const failures: string[] = [];
  for (let attempt = 1; attempt <= installAttempts; attempt += 1) {
    // A mirror or a registry may refuse for a moment.
    if (attempt > 1) await sleep(5000 * (attempt - 1));
    try {
      return await requirement.install();
    } catch (error) {
      failures.push(`attempt ${attempt}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error(`${requirement.name} cannot be installed:\n${failures.join('\n')}`);
}
