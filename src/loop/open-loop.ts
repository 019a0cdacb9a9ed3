/**
 * The lazy boundary of turns with tools. Most streams have none, so the code that runs them is
 * loaded by the first that has.
 *
 * @module
 */

import { defineLayer } from '../attempt/define-driver.js'
import type { Driver } from '../base/driver.js'
import type { StreamRequest } from '../base/request.js'
import { PromisedSource } from '../pull/promised-source.js'
import type { Ledger, ResumedAnswer } from './ledger.js'
import type { LoopOptions, StepChanges } from './options.js'

export interface LoopParts {
  /** The id of the `start` event. */
  id: string
  driver: Driver
  options: LoopOptions
  toolMs: number
  /** Adds the retries of a step. */
  layer(driver: Driver): Driver
  /** @throws TypeError for what `beforeStep` must not return */
  checkChanges(changes: StepChanges): void
  /** What the store of a conversation knows. */
  stored?: StoredTurn | undefined
}

/** A turn whose messages come from a store. */
export interface StoredTurn {
  conversationId: string
  /** Nobody but the store has had the calls of its messages. */
  trusted: boolean
  ledger?: Ledger
  /** The beginning of the answer, from a turn that was left behind. */
  resumed?: ResumedAnswer
}

/** Whether a stream runs tools or continues by itself. */
export function runsTools({ tools = {} }: StreamRequest, { maxSteps }: LoopOptions): boolean {
  return maxSteps !== undefined || Object.values(tools).some(({ run }) => run !== undefined)
}

/** A driver whose answer is a turn of several steps. */
export function loop(parts: LoopParts): Driver {
  const { driver, options, stored, ...others } = parts
  return defineLayer(
    driver,
    (request, context) =>
      new PromisedSource(async () => {
        const [{ LoopSource }, { Sealer }] = await Promise.all([
          import('./loop-source.js'),
          import('./seal.js'),
        ])
        const { signingKey, sealTtlMs } = options
        return new LoopSource(request, context, {
          ...others,
          driver,
          options,
          conversationId: stored?.conversationId,
          trusted: stored?.trusted ?? false,
          sealer: signingKey === undefined ? undefined : new Sealer(signingKey, sealTtlMs),
          ledger: stored?.ledger,
          resumed: stored?.resumed,
        })
      }),
  )
}
