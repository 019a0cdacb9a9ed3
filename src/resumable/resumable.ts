/**
 * Streams that outlive their clients: one process publishes, and any number of clients follow and
 * reconnect without missing an event.
 *
 * @module
 */

import {
  checkOptions,
  count,
  func,
  has,
  isInteger,
  type Rules,
  required,
  rule,
} from '../base/check-options.js'
import { LoggedStreams } from './logged-streams.js'
import type { Resumable, ResumableOptions } from './types.js'

const rules: Rules<ResumableOptions> = {
  log: required(
    rule('a log, such as memoryLog() or redisLog(client)', (value) => has(value, 'append')),
  ),
  leaseMs: rule('whole milliseconds from 100 to 3600000', (value) =>
    isInteger(value, 100, 3_600_000),
  ),
  maxEvents: count,
  maxCharacters: count,
  revive: func,
  maxRevivals: count,
}

/**
 * Creates access to the streams of a log.
 *
 * @throws TypeError for an invalid option
 * @example
 * ```ts
 * const resumable = createResumable({ log: memoryLog() })
 *
 * // POST: the answer is produced whether or not anybody reads it
 * await resumable.publish(id, createStream({ driver, messages }))
 * return toResponse(await resumable.follow(id), sse())
 *
 * // GET: the rest of it
 * const stream = await resumable.follow(id, request.headers.get('last-event-id'))
 * if (stream === null) return new Response(null, { status: 404 })
 * if (stream.over) return new Response(null, { status: 204 })
 * return toResponse(stream, sse())
 * ```
 */
export function createResumable(options: ResumableOptions): Resumable {
  checkOptions('', options, rules, 'an object with a log')
  const { log, leaseMs = 5_000, maxEvents = 100_000, maxCharacters = 16 * 1024 * 1024 } = options
  const { revive, maxRevivals = 3 } = options
  return new LoggedStreams({ log, leaseMs, maxEvents, maxCharacters, revive, maxRevivals })
}
