const exit = process.exit.bind(process);

/** Ends the process at once, also while `refuseExit` holds for others. */
export const exitProcess: (exitCode: number) => never = exit;

/**
 * Makes `process.exit` throw until the returned function is called: a module or step that ends the process would leave
 * its command without an outcome, and its run as one that is still running.
 */
export function refuseExit(): () => void {
  process.exit = (exitCode) => {
    throw new Error(`process.exit(${exitCode ?? ''}) was called, which would end the command before it is done`);
  };
  return () => {
    process.exit = exit;
  };
}
