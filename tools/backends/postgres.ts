import { execFile, execFileSync } from 'node:child_process';
import { accessSync, constants, globSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Backend } from './backend.ts';
import { installDebianPackages } from './debian-packages.ts';
import { findFreePort, makeServerFolder, ServerProcess, type SystemUser } from './server-process.ts';

/** A PostgreSQL server of a test's own. */
export interface PostgresServer extends AsyncDisposable {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** The URL of its one database, which is empty at first: stores stand side by side in schemas of it. */
  readonly url: string;
}

const runFile = promisify(execFile);

const user = 'stack';
// With characters that a URL has to escape.
const password = 'p@ss/w%rd';

/** Debian's PostgreSQL, or one whose programs are in PATH. */
export const postgres: Backend<PostgresServer> = {
  name: 'PostgreSQL',
  install: () => installDebianPackages('postgresql'),

  findObstacle() {
    if (findPrograms() === undefined) return 'PostgreSQL is not installed: apt-get install postgresql';
    if (isRoot() && findUser('postgres') === undefined)
      return 'PostgreSQL does not run as root, and there is no user "postgres"';
    return undefined;
  },

  async start() {
    const programs = findPrograms();
    if (programs === undefined) throw new Error('PostgreSQL is not installed.');
    const owner = isRoot() ? findUser('postgres') : undefined;
    const folder = await makeServerFolder('postgres', owner);
    const data = join(folder, 'data');
    const passwordFile = join(folder, 'password');
    await writeFile(passwordFile, password);
    if (owner !== undefined) execFileSync('chown', [`${owner.uid}:${owner.gid}`, passwordFile]);
    await runFile(
      join(programs, 'initdb'),
      [
        ...['--pgdata', data, '--username', user, '--pwfile', passwordFile, '--auth', 'scram-sha-256', '--no-sync'],
        // As most servers have it: texts are ordered as a language does, not by their bytes.
        ...['--encoding', 'UTF8', '--locale', 'C.UTF-8', '--locale-provider', 'icu', '--icu-locale', 'en-US'],
      ],
      { ...owner, cwd: folder },
    );
    const port = await findFreePort();
    const settings = {
      listen_addresses: '127.0.0.1',
      port,
      unix_socket_directories: folder,
      max_connections: 100,
      // What is stored need not outlive the machine.
      fsync: 'off',
      full_page_writes: 'off',
    };
    const server = await ServerProcess.start({
      name: 'PostgreSQL',
      command: join(programs, 'postgres'),
      arguments: ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      user: owner,
      endSignal: 'SIGINT',
      folder,
      isReady: () =>
        runFile(join(programs, 'pg_isready'), ['--host', '127.0.0.1', '--port', `${port}`]).then(
          () => true,
          () => false,
        ),
    });
    return {
      port,
      user,
      password,
      url: `postgres://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`,
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
};

/** The folder of `initdb` and `postgres`. */
function findPrograms(): string | undefined {
  const ofDebian = globSync('/usr/lib/postgresql/*/bin').sort((a, b) => version(b) - version(a));
  const folders = [...ofDebian, ...(process.env.PATH ?? '').split(delimiter)];
  return folders.find((folder) => ['initdb', 'postgres', 'pg_isready'].every((name) => isProgram(join(folder, name))));
}

function version(folder: string): number {
  return Number(dirname(folder).split('/').at(-1));
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function isRoot(): boolean {
  return process.geteuid?.() === 0;
}

function findUser(name: string): SystemUser | undefined {
  try {
    const [uid, gid] = ['-u', '-g'].map((option) => Number(execFileSync('id', [option, name], { stdio: 'pipe' })));
    return uid === undefined || gid === undefined ? undefined : { uid, gid };
  } catch {
    return undefined;
  }
}
