import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { chmod, chown, mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A user and group of the system, by number. */
export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

export interface ServerCommand {
  /** What people call the server. */
  readonly name: string;
  readonly command: string;
  readonly arguments: readonly string[];
  /** Added to the environment of this process. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Default: the user that runs the tests. */
  readonly user?: SystemUser | undefined;
  /** Asks it to end without waiting for its clients. */
  readonly endSignal: 'SIGINT' | 'SIGTERM' | 'SIGKILL';
  /** Whether it answers; asked until it does. */
  readonly isReady: () => Promise<boolean>;
  /** Removed when the server has ended. */
  readonly folder: string;
}

const startPatience = 60_000;
const endPatience = 10_000;

/** A server that ends with the process that started it, whatever ends that. */
export class ServerProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #guard: ChildProcess;
  readonly #command: ServerCommand;

  private constructor(command: ServerCommand, child: ChildProcess, guard: ChildProcess) {
    this.#command = command;
    this.#child = child;
    this.#guard = guard;
  }

  /** Starts a server, and waits until it answers. */
  static async start(command: ServerCommand): Promise<ServerProcess> {
    const child = spawn(command.command, command.arguments, {
      ...command.user,
      env: { ...process.env, ...command.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output = `${output}${chunk.toString()}`.slice(-4000);
      });
    }
    await once(child, 'spawn').catch(async (error: unknown) => {
      await rm(command.folder, { recursive: true, force: true });
      throw new Error(`${command.name} cannot be started`, { cause: error });
    });
    // Its input ends when this process ends, also when nothing of this process could run any more. A Ctrl-C in a terminal
    // ends what is in the foreground there, so it has a session of its own.
    const guard = spawn(
      'sh',
      ['-c', 'read -r _; kill -QUIT "$0"; sleep 1; kill -KILL "$0"; rm -rf "$1"', `${child.pid}`, command.folder],
      { detached: true, stdio: ['pipe', 'ignore', 'ignore'] },
    );
    for (const handle of [child, guard, child.stdout, child.stderr, guard.stdin] as { unref?(): void }[])
      handle.unref?.();
    const server = new ServerProcess(command, child, guard);
    const start = performance.now();
    while (!(await command.isReady())) {
      if (hasEnded(child) || performance.now() - start > startPatience) {
        const what = hasEnded(child) ? 'ended at once' : `did not answer within ${startPatience / 1000} s`;
        await server[Symbol.asyncDispose]();
        throw new Error(`${command.name} ${what}:\n${output}`);
      }
      await sleep(20);
    }
    return server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child;
    if (!hasEnded(child)) {
      const ended = once(child, 'exit');
      child.ref();
      child.kill(this.#command.endSignal);
      const timer = setTimeout(() => child.kill('SIGKILL'), endPatience);
      await ended;
      clearTimeout(timer);
    }
    this.#guard.kill();
    // What the server started may write until it has ended, too.
    await rm(this.#command.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** An empty folder that a user has for itself. */
export async function makeServerFolder(name: string, user: SystemUser | undefined): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `stack-${name}-`));
  await chmod(folder, 0o700);
  if (user !== undefined) await chown(folder, user.uid, user.gid);
  return folder;
}

/**
 * A port of 127.0.0.1 that is free now. It is none of those that systems give to clients: one of these could get it before
 * the server does.
 */
export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_000);
    if (await canListen(port)) return port;
  }
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** Whether somebody listens at a port of 127.0.0.1. */
export async function answersTcp(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Whether a server answers a request, with one of some status codes; by default, with any. */
export async function answersHttp(url: string, ...statusCodes: readonly number[]): Promise<boolean> {
  try {
    const { body, status } = await fetch(url, { signal: AbortSignal.timeout(2000) });
    await body?.cancel();
    return statusCodes.length === 0 || statusCodes.includes(status);
  } catch {
    return false;
  }
}
