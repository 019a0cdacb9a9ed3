/**
 * A reader in the process of a worker, which follows a stream without HTTP, leaves it, and comes back.
 */

import { Accumulator } from 'sluice/client'
import type { Resumable } from 'sluice/resumable'
import type { Effects } from './effects.ts'
import { pause } from './model.ts'

export interface LocalReaderSettings {
  resumable: Resumable
  id: string
  /** It leaves after as many events. */
  leavesAfter: number
  effects: Effects
  pid: number
}

/** Reads a stream to its end, and records what it has read. */
export async function readHere(settings: LocalReaderSettings): Promise<void> {
  const { resumable, id, leavesAfter, effects, pid } = settings
  const folded = new Accumulator()
  let events = 0
  for (;;) {
    const stream = await resumable.follow(id, events).catch(() => undefined)
    // A log that does not answer, or a server that has restarted without the stream
    if (stream === undefined || stream === null) {
      await pause(200)
      continue
    }
    let seen = 0
    for await (const event of stream) {
      // The failure of the log, which is not in the log
      if (event.type === 'error' && event.error.code === 'store') break
      folded.add(event)
      events++
      if (event.type === 'error') return effects.add({ kind: 'read', id, events, pid })
      if (event.type === 'complete') {
        const expected = JSON.stringify(event.message.content)
        const actual = JSON.stringify(folded.message(false).content)
        const message = `the reader of ${id} in ${pid} has ${actual} instead of ${expected}`
        if (actual !== expected) effects.add({ kind: 'breach', message, pid })
        return effects.add({ kind: 'read', id, events, pid })
      }
      if (++seen >= leavesAfter) break
    }
    await pause(50)
  }
}
