/**
 * Drivers for tests of what stands around drivers.
 */

import type { Driver } from '../../src/base/driver.js'
import type { StreamEvent } from '../../src/base/events.js'
import { scripted } from '../../src/testing/scripted-driver.js'

/** A driver that is called what the script is about. */
export function named(name: string, script: Parameters<typeof scripted>[0]): Driver {
  return scripted(script, { provider: name, model: `${name}-model` })
}

export interface CountedDriver extends Driver {
  /** The attempts that it was asked for, by their numbers. */
  readonly asked: number[]
  /** How many of them are not over. */
  readonly open: () => number
}

/** Counts what is asked of a driver, and what is still running. */
export function counted(driver: Driver): CountedDriver {
  const asked: number[] = []
  let open = 0
  return {
    ...driver,
    asked,
    open: () => open,
    async *stream(request, context) {
      asked.push(context.attempt)
      open++
      let over = false
      const end = (): void => {
        if (!over) open--
        over = true
      }
      context.signal.addEventListener('abort', end)
      try {
        return yield* driver.stream(request, context)
      } finally {
        end()
      }
    },
  }
}

/** What a consumer shows who does as the events say. */
export function shown(events: readonly StreamEvent[]): string {
  let text = ''
  for (const event of events) {
    if (event.type === 'content' && event.kind === 'text') text += event.text
    if (event.type === 'retry' && event.mode === 'restart') text = ''
  }
  return text
}
