const last = new Map<string, Promise<void>>();

/** Runs an action after all earlier ones of the same name in this process have ended. */
export async function exclusively<Result>(name: string, action: () => Promise<Result>): Promise<Result> {
  const before = last.get(name);
  const { promise, resolve } = Promise.withResolvers<void>();
  last.set(name, promise);
  try {
    await before;
    return await action();
  } finally {
    if (last.get(name) === promise) last.delete(name);
    resolve();
  }
}
