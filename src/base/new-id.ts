/**
 * Makes ids.
 *
 * @module
 */

/** A new id, which nobody can guess where there is a source of random bytes. */
export function newId(): string {
  // Browsers have randomUUID in secure contexts only.
  return globalThis.crypto?.randomUUID?.() ?? `id-${Math.random().toString(36).slice(2)}`
}
