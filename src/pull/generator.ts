/**
 * Sources as generators, because the public interface of a driver is a generator.
 *
 * @module
 */

import type { Completion, DriverYield } from '../base/driver.js'
import type { StreamError } from '../base/errors.js'
import { abandon, abortError } from './abort.js'
import type { Source } from './source.js'

/** Pulls a source until it ends, or the signal aborts. */
export async function* generate(
  source: Source,
  signal: AbortSignal,
): AsyncGenerator<DriverYield, Completion, void> {
  let stop = (_error: StreamError): void => {}
  const onAbort = (): void => {
    source.close()
    stop(abortError(signal.reason))
  }
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    for (;;) {
      if (signal.aborted) throw abortError(signal.reason)
      const answer = await new Promise<DriverYield | { completion: Completion }>(
        (resolve, reject) => {
          stop = reject
          source.pull({
            batch: resolve,
            retry: resolve,
            done: (completion) => resolve({ completion }),
            fail: reject,
          })
        },
      )
      if ('completion' in answer) return answer.completion
      yield answer
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    abandon(source)
  }
}
