/**
 * Streams whose text is the time at which it was sent, so that a follower in any process of the machine can tell its age.
 */

import type { Driver } from 'sluice'

/** Milliseconds since 1970, with fractions: the clock that all processes of a machine share. */
export function now(): number {
  return performance.timeOrigin + performance.now()
}

/** Sends a token at a steady rate. */
export function clockDriver(tokens: number, everyMs: number): Driver {
  return {
    provider: 'clock',
    model: 'clock',
    async *stream() {
      for (let count = 0; count < tokens; count++) {
        await new Promise((resolve) => setTimeout(resolve, everyMs))
        yield { type: 'content', kind: 'text', index: 0, text: `${now()} ` }
      }
      return { finishReason: 'stop', usage: {} }
    },
  }
}

/** Sends tokens as fast as they are taken, in batches of sixteen. */
export function fastDriver(tokens: number): Driver {
  return {
    provider: 'fast',
    model: 'fast',
    async *stream() {
      for (let count = 0; count < tokens; count++) {
        // As a network does, with sixteen tokens in a chunk.
        if (count % 16 === 0) await new Promise((resolve) => setImmediate(resolve))
        yield { type: 'content', kind: 'text', index: 0, text: 'word ' }
      }
      return { finishReason: 'stop', usage: {} }
    },
  }
}
