/**
 * A forgotten `await`.
 *
 * @module
 */

/**
 * The promise may reject later, when nobody can handle it any more, and that would end the process.
 *
 * @throws TypeError for a promise
 */
export function refusePromise(option: string, value: unknown): void {
  if (typeof (value as Partial<Promise<unknown>> | null | undefined)?.then !== 'function') return
  Promise.resolve(value).catch(() => {})
  throw new TypeError(`Option "${option}" is a promise. Await it first.`)
}
