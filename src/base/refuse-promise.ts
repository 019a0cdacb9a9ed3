/**
 * Detects a forgotten `await`.
 *
 * @module
 */

/**
 * Refuses a promise. Its later rejection is handled, because an unhandled one would end the
 * process.
 *
 * @throws TypeError for a promise
 */
export function refusePromise(option: string, value: unknown): void {
  if (typeof (value as Partial<Promise<unknown>> | null | undefined)?.then !== 'function') return
  Promise.resolve(value).catch(() => {})
  throw new TypeError(`Option "${option}" is a promise. Await it first.`)
}
