/**
 * Shows a developer why a response failed.
 *
 * @module
 */

import type { StreamError } from '../base/errors.js'
import type { BatchReader } from '../core/event-feed.js'

/**
 * Prints the first failure of a stream to stderr, outside production and without an `onEnd` hook:
 * clients receive a public sentence only, so otherwise nobody would see a missing key or package.
 *
 * @returns prints a failure that the stream itself does not know
 */
export function reportFailures(reader: BatchReader): (error: StreamError) => void {
  if (reader.isWatched || !isDevelopment()) return () => {}
  let isPrinted = false
  const report = ({ code, message }: StreamError): void => {
    if (isPrinted || code === 'aborted') return
    isPrinted = true
    console.error(`sluice: ${code}: ${message}`)
  }
  reader.onOver((terminal) => {
    if (terminal.type === 'error') report(terminal.error)
  })
  return report
}

function isDevelopment(): boolean {
  try {
    return process.env.NODE_ENV !== 'production'
  } catch {
    // A runtime without `process`, or without the right to read the environment.
    return false
  }
}
