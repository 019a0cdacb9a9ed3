/**
 * Closes streams that nobody can reach any more, with the garbage collector's help.
 *
 * @module
 */

import type { Reading } from './reading.js'

let registry: FinalizationRegistry<Reading> | undefined

/**
 * Closes a stream once it has been collected. A reader that takes some events and forgets the
 * stream leaves an open connection and a listener on its signal. Runtimes without
 * FinalizationRegistry keep both.
 */
export function closeWhenForgotten(stream: object, reading: Reading): void {
  if (typeof FinalizationRegistry === 'undefined') return
  const known = (registry ??= new FinalizationRegistry((forgotten) => forgotten.cancel()))
  known.register(stream, reading, reading)
  // Otherwise the registry holds the text of an ended stream for one collection longer.
  reading.onOver(() => known.unregister(reading))
}
