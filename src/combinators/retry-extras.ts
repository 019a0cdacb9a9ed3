/**
 * What only some options of a retry need. It is loaded where they are set, before the first request.
 *
 * @module
 */

import type { Accumulator } from '../accumulate.js'
import type { Source } from '../transport/pull.js'
import { PartialAnswer } from './continuation.js'
import { type HoldBackOptions, HoldBackSource } from './hold-back.js'
import type { RetrySettings } from './retry-options.js'

export interface RetryExtras {
  /** What has been shown, where it may have to be carried on. */
  answer?: PartialAnswer | undefined
  /** Keeps the first moments of an attempt back. */
  holdBack?: ((attempt: Source) => Source) | undefined
}

/**
 * What it shares with the rest is handed in: a module that is imported from both sides is bundled apart from either.
 *
 * @param content - empty
 */
export function retryExtras(
  { afterContent, holdBackMs, holdBackChars }: RetrySettings,
  content: Accumulator,
  estimate: HoldBackOptions['estimate'],
): RetryExtras {
  const holdsBack = holdBackMs > 0 || holdBackChars > 0
  return {
    answer: afterContent === 'continue' ? new PartialAnswer(content) : undefined,
    holdBack: holdsBack
      ? (attempt) => new HoldBackSource(attempt, { holdBackMs, holdBackChars, estimate })
      : undefined,
  }
}
