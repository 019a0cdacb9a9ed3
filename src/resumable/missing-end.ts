/**
 * Ends a stream that has no terminal event.
 *
 * @module
 */

import type { StreamError } from '../base/errors.js'
import type { ErrorEvent, StartEvent } from '../base/events.js'
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
  /** The number of events. */
  count: number
  /** Their length, in characters of JSON. */
  characters: number
}

/** @returns undefined if the stream is not in the log, or has ended */
export async function readLeft(log: StreamLog, id: string): Promise<LeftStream | undefined> {
  const transcript = new Transcript()
  let count = 0
  let characters = 0
  for (;;) {
    const page = await log.read(id, count)
    if (page === null || page.ended) return undefined
    for (const json of checkPage(page, id, count).events) {
      transcript.add(readEvent(json))
      characters += json.length
    }
    count += page.events.length
    if (count >= page.last) return { transcript, count, characters }
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
  const terminal = transcript.failure(error, 0, 'unknown')
  // Every stream begins with a start, even one that ended before it.
  const start: StartEvent = { type: 'start', id, provider: 'unknown', model: 'unknown' }
  const events = count === 0 ? [start, terminal] : [terminal]
  return {
    terminal,
    batch: { first: count + 1, events: events.map((event) => JSON.stringify(event)), ended: true },
  }
}
