/**
 * A second driver where the first one is slow.
 *
 * @module
 */

import { defineLayer } from '../attempt/define-driver.js'
import { checkDelay, checkKeys, optionError } from '../base/check-options.js'
import type { Driver } from '../base/driver.js'
import { HedgeSource } from './hedge-source.js'
import { checkDriver, commonContinuation } from './several-drivers.js'

/** What `hedge(a, b, options)` takes. */
export interface HedgeOptions {
  /** How long the first driver may be without content before the second one is asked as well, in milliseconds. */
  afterMs: number
}

/**
 * A driver that asks a second one beside the first if that has given no content after a while, and takes the one that gives
 * content first. The other one is ended at once, and what it is known to have cost is on `complete.wasted`.
 *
 * Nothing is told of that but who gave the answer, on `complete`. If the first one fails before the second one has been asked, that
 * one is asked at once, and a `retry` event says so. If both fail, the error is that of the last one, with the other in its `cause`.
 * After content nobody else is asked: `fallback` and `retry` do that.
 *
 * @throws TypeError for what is no driver, and for a bad option
 */
export function hedge(first: Driver, second: Driver, options: HedgeOptions): Driver {
  checkDriver('hedge[0]', first)
  checkDriver('hedge[1]', second)
  if (typeof options !== 'object' || options === null) {
    throw optionError('hedge.options', options, 'an object with afterMs')
  }
  checkKeys('hedge', options, ['afterMs'])
  // There is no value that fits every model.
  const afterMs = checkDelay('hedge.afterMs', options.afterMs ?? Number.NaN, 0)
  const { provider, model } = first
  const drivers = [first, second] as const
  return defineLayer(
    { provider, model, continuation: commonContinuation(drivers) },
    (request, context) => new HedgeSource(drivers, request, context, afterMs),
  )
}
