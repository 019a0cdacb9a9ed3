/**
 * Calls hooks.
 *
 * @module
 */

/**
 * Calls a hook on the next microtask, so that a hook that cancels the stream cannot interrupt a
 * layer. Nothing waits for it, and its errors are ignored.
 */
export function callHook<T>(hook: ((about: T) => unknown) | undefined, about: T): void {
  if (hook !== undefined) Promise.resolve(about).then(hook).catch(ignore)
}

function ignore(): void {}
