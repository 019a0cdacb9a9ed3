/**
 * Caches the last result of a function that a driver calls for each of its requests.
 *
 * @module
 */

/**
 * The same function, which computes nothing if it is called with the argument of the call before.
 * Its results MUST NOT be changed.
 */
export function rememberLast<Argument, Result>(
  compute: (argument: Argument) => Result,
): (argument: Argument) => Result {
  let last: { argument: Argument; result: Result } | undefined
  return (argument) => {
    if (last === undefined || last.argument !== argument) {
      last = { argument, result: compute(argument) }
    }
    return last.result
  }
}
