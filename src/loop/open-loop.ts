/**
 * The lazy boundary of turns with tools. Most streams have none, so the code that runs them is
 * loaded by the first that has.
 *
 * @module
 */

import { defineLayer, openDriver } from '../attempt/define-driver.js'
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
export function loop({ layer, stored, ...parts }: LoopParts): Driver {
  return defineLayer(
    parts.driver,
    (request, context) =>
      new PromisedSource(async () => {
        const { LoopSource } = await import('./loop-source.js')
        return new LoopSource(request, context, {
          ...parts,
          open: (driver, asked, within) => openDriver(layer(driver), asked, within),
          conversationId: stored?.conversationId,
          trusted: stored?.trusted ?? false,
          ledger: stored?.ledger,
          resumed: stored?.resumed,
        })
      }),
  )
}
