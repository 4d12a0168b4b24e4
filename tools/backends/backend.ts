import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

/** A real system that tests start on this machine. Each is a file of this folder. */
export interface Backend<Server extends AsyncDisposable> {
  /** What people call it, e.g. `PostgreSQL`. */
  readonly name: string;
  /** The packages of Debian that it is in. */
  readonly debianPackages: readonly string[];
  /** Why it cannot be started on this machine; `undefined` when it can. */
  findObstacle(): string | undefined;
  /** Starts one of its own for the caller, on loopback; disposing ends it and removes what it stored. */
  start(): Promise<Server>;
}

const installAttempts = 3;

/**
 * Why the tests of a backend are to be skipped, to be shown in their names; `undefined` when they can run. With
 * `STACK_REQUIRE_BACKENDS=1`, a backend that is missing is installed first.
 *
 * @throws when a backend is required, and cannot be installed
 */
export async function whyUnavailable(backend: Backend<AsyncDisposable>): Promise<string | undefined> {
  const obstacle = backend.findObstacle();
  if (obstacle === undefined || !process.env.STACK_REQUIRE_BACKENDS) return obstacle;
  await install(backend);
  const rest = backend.findObstacle();
  if (rest !== undefined) throw new Error(`${backend.name} was installed, and still cannot be started: ${rest}`);
  return undefined;
}

async function install({ name, debianPackages }: Backend<AsyncDisposable>): Promise<void> {
  const failures: string[] = [];
  for (let attempt = 1; attempt <= installAttempts; attempt += 1) {
    // A mirror may refuse for a moment.
    if (attempt > 1) await sleep(5000 * (attempt - 1));
    const failure = aptGet('update') ?? aptGet('install', '--yes', '--no-install-recommends', ...debianPackages);
    if (failure === undefined) return;
    failures.push(`attempt ${attempt}: ${failure}`);
  }
  throw new Error(`${name} (${debianPackages.join(', ')}) cannot be installed:\n${failures.join('\n')}`);
}

/** What apt-get said when it failed. */
function aptGet(...words: readonly string[]): string | undefined {
  // Several test files may come here at once: those that come late wait, and find it installed.
  const options = ['-qq', '-o', 'DPkg::Lock::Timeout=300', '-o', 'APT::Update::Error-Mode=any'];
  const { error, status, stderr } = spawnSync('apt-get', [...options, ...words], {
    encoding: 'utf8',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (error !== undefined) return `apt-get cannot be run: ${error.message}`;
  return status === 0 ? undefined : `apt-get ${words.join(' ')} ended with ${status}: ${stderr.trim()}`;
}
