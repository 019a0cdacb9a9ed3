/**
 * Stops a stream that has not been published yet: a page can press stop before its request arrives.
 *
 * @module
 */

import type { StreamError } from '../base/errors.js'
import type { ErrorEvent } from '../base/events.js'
import { abortError } from '../pull/abort.js'
import type { Lease, StreamLog } from './log.js'
import { endWithoutStart } from './missing-end.js'

/** All stops have the same fence, so that each of them can repeat an append of another one. */
function leaseOfStop(leaseMs: number): Lease {
  return { fence: 'stopped before it began', leaseMs }
}

/**
 * Requests a stop. An unknown stream is created and ended, so that nobody can publish it.
 *
 * @returns false for an unknown stream, and for one that has ended
 */
export async function stopStream(log: StreamLog, id: string, leaseMs: number): Promise<boolean> {
  if (await log.stop(id)) return true
  if (!(await log.create(id, leaseOfStop(leaseMs)))) return log.stop(id)
  await endOfStopped(log, id, leaseMs)
  return false
}

/** @returns the end of a stream that was stopped before it began; undefined for any other */
export async function endOfStopped(
  log: StreamLog,
  id: string,
  leaseMs: number,
): Promise<ErrorEvent | undefined> {
  const { terminal, batch } = endWithoutStart(id, stopped())
  const state = await log.append(id, leaseOfStop(leaseMs), batch)
  return state === 'lost' ? undefined : terminal
}

export function stopped(): StreamError {
  return abortError('The stream was stopped by stop().')
}
