/**
 * Closes streams that nobody can reach any more, with the garbage collector's help.
 *
 * @module
 */

import type { Reading } from './reading.js'

let registry: FinalizationRegistry<Reading> | undefined

/**
 * A reader that takes some events and forgets the stream leaves a connection open and a listener on its signal. Both go once the
 * stream has been collected. Runtimes without FinalizationRegistry keep them.
 */
export function closeWhenForgotten(stream: object, reading: Reading): void {
  if (typeof FinalizationRegistry === 'undefined') return
  const known = (registry ??= new FinalizationRegistry((forgotten) =>
    forgotten.cancel('Nobody holds the stream any more.'),
  ))
  known.register(stream, reading, reading)
  // Otherwise the registry holds the text of an ended stream for one collection longer.
  reading.onOver(() => known.unregister(reading))
}
