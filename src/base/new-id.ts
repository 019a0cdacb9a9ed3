/**
 * Makes ids.
 *
 * @module
 */

/** A new id: a random UUID, or where the runtime has none, an id that may be guessed. */
export function newId(): string {
  // Browsers have randomUUID in secure contexts only.
  return globalThis.crypto?.randomUUID?.() ?? `id-${Math.random().toString(36).slice(2)}`
}
