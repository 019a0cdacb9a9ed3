/**
 * Ends a stream that has no terminal event.
 *
 * @module
 */

import type { StreamError } from '../base/errors.js'
import type { ErrorEvent, RetryEvent, StartEvent, StreamEvent } from '../base/events.js'
import { Blocks } from '../core/left-behind.js'
import { Transcript } from '../core/transcript.js'
import type { LogBatch, StreamLog } from './log.js'
import { checkPage, readEvent } from './log-events.js'

/** The events that end a stream in the log, with the partial answer that the log holds. */
export interface Ending {
  terminal: ErrorEvent
  batch: LogBatch
}

/** What the log holds of a stream without an end. */
export interface LeftStream {
  transcript: Transcript
  blocks: Blocks
  /** The id of its `start` event. */
  answerId?: string
  /** The last `retry` event. */
  retry?: RetryEvent
  /** The number of events. */
  count: number
  /** Their length, in characters of JSON. */
  characters: number
}

/** @returns undefined if the stream is not in the log, or has ended */
export async function readLeft(log: StreamLog, id: string): Promise<LeftStream | undefined> {
  const left: LeftStream = {
    transcript: new Transcript(),
    blocks: new Blocks(),
    count: 0,
    characters: 0,
  }
  for (;;) {
    const page = await log.read(id, left.count)
    if (page === null || page.ended) return undefined
    for (const json of checkPage(page, id, left.count).events) {
      addEvent(left, readEvent(json))
      left.characters += json.length
    }
    left.count += page.events.length
    if (left.count >= page.last) return left
  }
}

function addEvent(left: LeftStream, event: StreamEvent): void {
  left.transcript.add(event)
  if (event.type === 'start') left.answerId = event.id
  else if (event.type === 'content') left.blocks.add(event)
  else if (event.type === 'retry') {
    left.blocks.retry(event)
    left.retry = event
  }
}

/** @returns undefined if the stream is not in the log, or has ended */
export async function endingOf(
  log: StreamLog,
  id: string,
  error: StreamError,
): Promise<Ending | undefined> {
  const left = await readLeft(log, id)
  if (left === undefined) return undefined
  const { transcript, count } = left
  if (count === 0) return endWithoutStart(id, error)
  const terminal = transcript.failure(error, 0, 'unknown')
  return { terminal, batch: { first: count + 1, events: [JSON.stringify(terminal)], ended: true } }
}

/** The end of a stream that has no event: every stream begins with a start. */
export function endWithoutStart(id: string, error: StreamError): Ending {
  const terminal = new Transcript().failure(error, 0, 'unknown')
  const start: StartEvent = { type: 'start', id, provider: 'unknown', model: 'unknown' }
  const events = [start, terminal].map((event) => JSON.stringify(event))
  return { terminal, batch: { first: 1, events, ended: true } }
}
