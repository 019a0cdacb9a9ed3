/**
 * The grammar of a stream: `start ( content | retry )* ( complete | error )`.
 *
 * @module
 */

import assert from 'node:assert/strict'
import { StreamError } from 'sluice'
import type { StreamEvent } from '../../src/base/events.js'
import type { AssistantMessage } from '../../src/base/messages.js'

/**
 * @param left - the reader went before the end
 * @throws AssertionError
 */
export function checkGrammar(events: readonly StreamEvent[], left = false): void {
  const types = events.map(({ type }) => type)
  const terminal = types.findIndex((type) => type === 'complete' || type === 'error')
  if (events.length > 0) assert.equal(types[0], 'start')
  assert.ok(types.lastIndexOf('start') <= 0)
  assert.ok(terminal === types.length - 1 || (left && terminal === -1))

  const shown = new Shown()
  /** Those of the step. */
  let attempts = 1
  let step = 1
  for (const event of events) {
    shown.add(event)
    if (event.type === 'retry') {
      assert.ok((event.step ?? 1) >= step)
      if (event.step !== undefined && event.step > step) attempts = 1
      step = event.step ?? 1
      assert.ok(event.attempt > attempts)
      assert.ok(event.maxAttempts >= event.attempt)
      assert.ok(event.delayMs >= 0)
      assert.ok(StreamError.is(event.error))
      attempts = event.attempt
    } else if (event.type === 'complete') {
      assert.equal(event.text, shown.text)
      assert.equal(textOf(event.message), shown.text)
      // A hedge is an attempt that is not told.
      assert.ok(event.attempts >= attempts)
    } else if (event.type === 'error') {
      assert.equal(textOf(event.partial), shown.text)
      assert.ok(event.attempts >= attempts)
      assert.ok(StreamError.is(event.error))
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
    if (event.type === 'retry' && event.mode === 'restart') {
      for (const index of this.#blocks.keys()) {
        if (index >= (event.from ?? 0)) this.#blocks.delete(index)
      }
    }
    if (event.type !== 'content' || event.kind !== 'text') return
    this.#blocks.set(event.index, (this.#blocks.get(event.index) ?? '') + event.text)
  }
}

function textOf({ content }: AssistantMessage): string {
  if (typeof content === 'string') return content
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('')
}
