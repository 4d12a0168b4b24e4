/**
 * Whether something is an error: in the tests of some runners, errors of Node are of another realm than `Error` is; and
 * what old libraries throw has nothing but the prototype of one.
 */
export function isError(thrown: unknown): thrown is Error {
  return Error.isError(thrown) || thrown instanceof Error;
}
