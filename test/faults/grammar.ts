/**
 * The grammar of a stream: `start ( content | retry )* ( complete | error )`.
 *
 * @module
 */

import { expect } from 'vitest'
import { StreamError } from '../../src/errors.js'
import type { AssistantMessage } from '../../src/messages.js'
import type { StreamEvent } from '../../src/types.js'

/** @param left - the reader went before the end */
export function checkGrammar(events: readonly StreamEvent[], left = false): void {
  const types = events.map(({ type }) => type)
  expect(types[0]).toBe('start')
  expect(types.lastIndexOf('start')).toBe(0)
  const terminal = types.findIndex((type) => type === 'complete' || type === 'error')
  if (!left) expect(terminal).toBe(types.length - 1)
  else expect([-1, types.length - 1]).toContain(terminal)

  const shown = new Shown()
  let attempts = 1
  for (const event of events) {
    shown.add(event)
    if (event.type === 'retry') {
      expect(event.attempt).toBeGreaterThan(attempts)
      expect(event.maxAttempts).toBeGreaterThanOrEqual(event.attempt)
      expect(event.delayMs).toBeGreaterThanOrEqual(0)
      expect(StreamError.is(event.error)).toBe(true)
      attempts = event.attempt
    } else if (event.type === 'complete') {
      expect(event.text).toBe(shown.text)
      expect(textOf(event.message)).toBe(shown.text)
      // A hedge is an attempt that is not told.
      expect(event.attempts).toBeGreaterThanOrEqual(attempts)
    } else if (event.type === 'error') {
      expect(textOf(event.partial)).toBe(shown.text)
      expect(event.attempts).toBeGreaterThanOrEqual(attempts)
      expect(StreamError.is(event.error)).toBe(true)
    }
  }
}

/** The text that a correct reader has on its screen. */
export class Shown {
  #blocks = new Map<number, string>()

  get text(): string {
    return [...this.#blocks.values()].join('')
  }

  add(event: StreamEvent): void {
    if (event.type === 'retry' && event.mode === 'restart') this.#blocks.clear()
    if (event.type !== 'content' || event.kind !== 'text') return
    this.#blocks.set(event.index, (this.#blocks.get(event.index) ?? '') + event.text)
  }
}

function textOf({ content }: AssistantMessage): string {
  if (typeof content === 'string') return content
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('')
}
