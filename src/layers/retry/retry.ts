/**
 * Retries failed attempts.
 *
 * @module
 */

import { defineLayer } from '../../attempt/define-driver.js'
import { checkValue, driver as driverRule, required } from '../../base/check-options.js'
import type { Driver } from '../../base/driver.js'
import { checkRetry, type RetryOptions } from './options.js'
import { RetrySource } from './retry-source.js'

/**
 * A driver that retries. Each further attempt is announced by a `retry` event before the wait.
 *
 * @param options - a number is `maxRetries`
 * @throws TypeError for anything that is not a driver, and for an invalid option
 */
export function retry(driver: Driver, options?: number | RetryOptions): Driver {
  checkValue('driver', driver, required(driverRule))
  const settings = checkRetry(options)
  return defineLayer(
    driver,
    (request, context) => new RetrySource(driver, request, context, settings),
  )
}
