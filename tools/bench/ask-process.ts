import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a process that measures answers. */
export type Answer<Result> = { readonly result: Result } | { readonly error: string };

/** Milliseconds that an answer may take. */
const timeLimit = 300_000;

/** Asks a forked process something, and waits for its answer: it is asked one thing after the other. */
export async function askProcess<Result>(child: ChildProcess, question: object): Promise<Result> {
  const stop = new AbortController();
  const { signal } = stop;
  try {
    child.send(question);
    const answered = once(child, 'message', { signal }) as Promise<[Answer<Result>]>;
    const exited = once(child, 'exit', { signal }).then(([code, by]) => {
      throw new Error(`its process ended with ${String(by ?? code)}`);
    });
    const late = sleep(timeLimit, undefined, { signal }).then(() => {
      throw new Error(`it takes more than ${timeLimit / 1000} s`);
    });
    const [answer] = await Promise.race([answered, exited, late]);
    if ('error' in answer) throw new Error(answer.error);
    return answer.result;
  } finally {
    stop.abort();
  }
}
