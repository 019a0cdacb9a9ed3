/**
 * Continues the streams of producers that are gone.
 *
 * @module
 */

import { StreamError } from '../base/errors.js'
import type { StreamEvent } from '../base/events.js'
import type { LeftBehind } from '../core/left-behind.js'
import { readBatches } from '../core/read-batches.js'
import type { StreamLog } from './log.js'
import { endingOf, type LeftStream, readLeft } from './missing-end.js'
import { Producer, type ProducerSettings } from './producer.js'
import type { Revive } from './types.js'

export interface TakeoverSettings extends Pick<ProducerSettings, 'maxEvents' | 'maxCharacters'> {
  log: StreamLog
  leaseMs: number
  /** Without it, streams end. */
  revive: Revive | undefined
  maxRevivals: number
  /** Called with the producer of a revived stream. */
  onProducer(producer: Producer): void
  onOver(producer: Producer): void
}

/**
 * Claims a stream and continues it, or ends it if nothing can. Of all processes that try, one does.
 *
 * @returns whether this process does
 * @throws whatever the log rejects with
 */
export async function takeOver(
  id: string,
  error: StreamError,
  settings: TakeoverSettings,
): Promise<boolean> {
  const { log, leaseMs, revive, maxRevivals, maxEvents, maxCharacters } = settings
  const lease = { fence: crypto.randomUUID(), leaseMs }
  const claim = await log.claim(id, lease)
  // Another process continues it, or it has ended.
  if (claim === null) return false
  const stream = await readLeft(log, id)
  if (stream === undefined) return false
  const { transcript, count, characters } = stream
  const isOver = revive === undefined || claim.revivals > maxRevivals
  const next = isOver ? error : await revived(revive, id, leftBehind(stream, error))
  if (StreamError.is(next)) {
    const ending = await endingOf(log, id, next)
    if (ending !== undefined) await log.append(id, lease, ending.batch)
    return true
  }
  const { attempts } = transcript
  const producer: Producer = new Producer(readBatches(next), {
    log,
    id,
    lease,
    maxEvents,
    maxCharacters,
    former: { count, characters, attempts, error },
    onOver: () => settings.onOver(producer),
  })
  settings.onProducer(producer)
  return true
}

/** The error of a stream whose producer is gone. */
export function gone(id: string): StreamError {
  const message = `The producer of the stream "${id}" is gone: its lease has expired.`
  return new StreamError('interrupted', message)
}

function leftBehind(
  { transcript, blocks, answerId, retry }: LeftStream,
  error: StreamError,
): LeftBehind {
  const { partial } = transcript.failure(error, 0, 'unknown')
  return {
    partial: answerId === undefined ? partial : { ...partial, id: answerId },
    blocks: blocks.events,
    error,
    ...(retry === undefined ? {} : { retry }),
  }
}

/** @returns an error if nothing can continue it */
async function revived(
  revive: Revive,
  id: string,
  left: LeftBehind,
): Promise<AsyncIterable<StreamEvent> | StreamError> {
  try {
    return (await revive(id, left)) ?? left.error
  } catch (cause) {
    const { code, message } = left.error
    return new StreamError(code, `${message} The function "revive" failed.`, { cause })
  }
}

/** The error of streams whose process hands them over. */
export function handedOver(): StreamError {
  return new StreamError('interrupted', 'The process ends, and hands the stream over.')
}
