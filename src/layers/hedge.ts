/**
 * A second driver joins when the first one is slow.
 *
 * @module
 */

import { defineLayer } from '../attempt/define-driver.js'
import { checkOptions, delay, type Rules, required } from '../base/check-options.js'
import type { Driver } from '../base/driver.js'
import { HedgeSource } from './hedge-source.js'
import { checkDriver, commonContinuation } from './several-drivers.js'

/** Hedge options. */
export interface HedgeOptions {
  /**
   * The time without content from the first driver after which the second one is called as well, in
   * milliseconds.
   */
  afterMs: number
}

// There is no default that fits every model.
const rules: Rules<HedgeOptions> = { afterMs: required(delay) }

/**
 * A driver that calls a second driver alongside the first if that has sent no content after a
 * while, and takes the one that sends content first. The other one is ended at once, and its usage,
 * as far as it is known, is on `complete.wasted`.
 *
 * No event reports the race; `complete` names the driver that answered. If the first driver fails
 * before the second one has been called, the second one is called at once, and a `retry` event
 * announces it. If both fail, the error is that of the last one, with the other in its `cause`.
 * After content no other driver is called: `fallback` and `retry` do that.
 *
 * @throws TypeError for anything that is not a driver, and for an invalid option
 */
export function hedge(first: Driver, second: Driver, options: HedgeOptions): Driver {
  checkDriver('hedge[0]', first)
  checkDriver('hedge[1]', second)
  checkOptions('hedge', options, rules, 'an object with afterMs')
  const { afterMs } = options
  const { provider, model } = first
  const drivers = [first, second] as const
  return defineLayer(
    { provider, model, continuation: commonContinuation(drivers) },
    (request, context) => new HedgeSource(drivers, request, context, afterMs),
  )
}
