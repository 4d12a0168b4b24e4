/** How long what is cancelled may take to stop, in milliseconds. Then the run goes on without it. */
const cancellationGrace = 5_000;

/**
 * What comes of a user's function, unless it is cancelled and does not stop in time: JavaScript cannot stop it from outside.
 *
 * @throws the reason of the signal when it is left alone
 */
export function orAbandon<Result>(running: Result | PromiseLike<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const abandon = () => {
      timer = setTimeout(() => reject(signal.reason), cancellationGrace);
    };
    const endWith =
      <Value>(end: (value: Value) => void) =>
      (value: Value) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', abandon);
        end(value);
      };
    if (signal.aborted) abandon();
    else signal.addEventListener('abort', abandon, { once: true });
    Promise.resolve(running).then(endWith(resolve), endWith(reject));
  });
}
