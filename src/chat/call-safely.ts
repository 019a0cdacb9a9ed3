/**
 * Calls the hooks of a page.
 *
 * @module
 */

/** Calls a hook. If it throws, the page gets an uncaught error and the stream continues. */
export function callSafely(hook: () => void): void {
  try {
    hook()
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
