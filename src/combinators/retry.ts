/**
 * Further attempts of a driver that failed.
 *
 * @module
 */

import { Accumulator } from '../accumulate.js'
import { PromisedSource } from '../transport/promised.js'
import { defineLayer, preload, type Source } from '../transport/pull.js'
import type { Driver } from '../types.js'
import { estimateOutput } from '../usage.js'
import type { RetryExtras } from './retry-extras.js'
import { checkRetry, needsExtras, type RetryOptions } from './retry-options.js'
import { RetrySource } from './retry-source.js'

/**
 * A driver that tries again. Each further attempt is announced by a `retry` event before the wait.
 *
 * @param options - a number is `maxRetries`
 * @throws TypeError for a bad option
 */
export function retry(driver: Driver, options?: number | RetryOptions): Driver {
  const settings = checkRetry(options)
  const loadExtras = async (): Promise<RetryExtras> => {
    if (!needsExtras(settings)) return {}
    const { retryExtras } = await import('./retry-extras.js')
    return retryExtras(settings, new Accumulator(), estimateOutput)
  }
  return defineLayer(
    driver,
    (request, context) => {
      const open = (extras: RetryExtras): Source =>
        new RetrySource(driver, request, context, settings, extras)
      return needsExtras(settings)
        ? new PromisedSource(async () => open(await loadExtras()))
        : open({})
    },
    (request) => Promise.all([preload([driver], request), loadExtras()]),
  )
}
