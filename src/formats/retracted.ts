/**
 * What happens to a format that cannot unsay.
 *
 * @module
 */

import { StreamError } from '../base/errors.js'

/** @param where - what the answer was sent as */
export function retracted(cause: unknown, where: string): StreamError {
  return new StreamError(
    'retracted',
    `The answer was begun again after some of it had been sent, and ${where} cannot take it back. Use sse(), or retry with afterContent "fail" or "continue".`,
    { cause },
  )
}
