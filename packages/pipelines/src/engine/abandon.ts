/** How long what is cancelled may take to stop, in milliseconds. Then the run goes on without it. */
const cancellationGrace = 5_000;

/**
 * What comes of a user's function, unless it is cancelled and does not stop in time: JavaScript cannot stop it from outside.
 *
 * @throws the reason of the signal when it is left alone
 */
export async function orAbandon<Result>(running: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const abandoned = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  const abandon = () => {
    timer = setTimeout(() => abandoned.reject(signal.reason), cancellationGrace);
  };
  if (signal.aborted) abandon();
  else signal.addEventListener('abort', abandon, { once: true });
  try {
    return await Promise.race([running, abandoned.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abandon);
  }
}
