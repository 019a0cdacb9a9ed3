/**
 * The error of formats that cannot retract what they have sent.
 *
 * @module
 */

import { StreamError } from '../base/errors.js'

/** @param where - names the format */
export function retracted(cause: unknown, where: string): StreamError {
  return new StreamError(
    'retracted',
    `The answer restarted after some of it had been sent, and ${where} cannot retract it. Use sse(), or retry with afterContent "fail" or "continue".`,
    { cause },
  )
}
