/**
 * The beginning of the answer of a turn: what readers receive before the model is asked.
 *
 * @module
 */

import { contentOfParts } from '../base/content-of-parts.js'
import type { Driver } from '../base/driver.js'
import { type ContentEvent, type RetryEvent, type Step, textOf } from '../base/events.js'
import type { OutputPart } from '../base/messages.js'
import type { StreamRequest } from '../base/request.js'
import { estimateUsage, isEmpty } from '../base/usage.js'
import type { LeftBehind } from '../core/left-behind.js'
import type { Beginning, Opening } from '../core/opening.js'
import { PartialAnswer } from '../layers/retry/continuation.js'
import { Repetition } from '../layers/retry/repetition.js'
import type { ResumedAnswer } from '../loop/ledger.js'
import type { LastingResponse } from '../pull/source.js'
import { type Joined, joinLeft, openIds } from './join-left.js'

export interface AnswerSettings {
  driver: Driver
  /** The turn has several steps. */
  runsTools: boolean
  /** Whether a model may continue a text that broke off. */
  mayContinue: boolean
}

/** The whole steps of an answer. */
interface Whole {
  id: string
  parts: readonly OutputPart[]
  steps: readonly Step[]
  /** The response of the next step, which its provider completes without a connection. */
  response?: LastingResponse | undefined
}

export interface BegunAnswer {
  beginning: Beginning
  opening: Opening
  resumed: ResumedAnswer
}

/**
 * @param request - with the messages before the answer
 * @param left - what readers have received of it; undefined for new readers
 */
export function beginAnswer(
  { id, parts, steps, response }: Whole,
  request: StreamRequest,
  left: LeftBehind | undefined,
  settings: AnswerSettings,
): BegunAnswer {
  const { driver, mayContinue } = settings
  const lasting = response && isOf(response, driver) ? { response } : {}
  if (left === undefined) {
    const beginning = { content: contentOfParts(parts) }
    const opening = { attempt: 1, ...lasting }
    return { beginning, opening, resumed: { id, parts, steps, blocks: parts.length } }
  }
  const { messages = [] } = request
  const joined = joinLeft(
    { parts, steps, open: openIds(messages, parts) },
    left.blocks,
    // A response that is read again can be compared with all that has been shown.
    (shown) => 'response' in lasting || (mayContinue && canContinue(shown, request, driver)),
  )
  const retry = retryOf(joined, request, left, settings)
  const { content, shown, blocks } = joined
  const repeated = 'response' in lasting ? { repetition: new Repetition(shown) } : {}
  return {
    beginning: { retry, content },
    opening: {
      attempt: retry.attempt,
      ...lasting,
      ...(shown.length === 0 ? {} : { shown: { blocks: shown, ...repeated } }),
    },
    resumed: { id, parts: joined.parts, steps: joined.steps, blocks },
  }
}

function canContinue(
  shown: readonly ContentEvent[],
  request: StreamRequest,
  driver: Driver,
): boolean {
  const partial = new PartialAnswer()
  partial.add(shown)
  return partial.request(request, driver) !== undefined
}

/** What readers see of a takeover. */
function retryOf(
  { mode, from, steps, blocks }: Joined,
  request: StreamRequest,
  left: LeftBehind,
  { driver, runsTools }: AnswerSettings,
): RetryEvent {
  const step = runsTools ? { step: steps.length + 1 } : {}
  // Attempts count within a step.
  const isSame = (left.retry?.step ?? 1) === (step.step ?? 1)
  const attempt = ((isSame && left.retry?.attempt) || 1) + 1
  const broken = left.blocks.filter(({ index }) => index >= blocks)
  const usage = estimateUsage({}, request, lengthOf(broken))
  return {
    type: 'retry',
    attempt,
    maxAttempts: attempt,
    delayMs: 0,
    mode,
    ...(from === undefined ? {} : { from }),
    ...step,
    provider: driver.provider,
    model: driver.model,
    error: left.error,
    ...(isEmpty(usage) ? {} : { usage }),
  }
}

function lengthOf(content: readonly ContentEvent[]): number {
  return content.reduce((length, event) => length + (textOf(event)?.length ?? 0), 0)
}

function isOf({ provider, model }: LastingResponse, driver: Driver): boolean {
  return provider === driver.provider && model === driver.model
}
