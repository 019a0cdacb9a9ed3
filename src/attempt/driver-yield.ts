/**
 * Checks what a user's driver yields. Nothing checks it later, and a wrong event would break
 * something far from its cause.
 *
 * @module
 */

import { failureOf, StreamError } from '../base/errors.js'
import type { ContentEvent, RetryEvent } from '../base/events.js'
import { show } from '../base/show.js'

type Events = readonly (ContentEvent | RetryEvent)[]

/** The fields of each kind of content that must be strings. */
const texts: Readonly<Record<ContentEvent['kind'], readonly string[]>> = {
  text: ['text'],
  reasoning: ['text'],
  'tool-call': ['id', 'name', 'input'],
  'tool-result': ['id', 'name'],
  source: [],
  file: ['mediaType', 'data'],
  provider: ['name', 'origin'],
}

/**
 * The events of one yield.
 *
 * @throws StreamError `protocol` for anything that is not an event
 */
export function checkYielded(value: unknown, provider: string): Events {
  const events: readonly unknown[] = Array.isArray(value) ? value : [value]
  for (const event of events) {
    if (isEvent(event)) continue
    const allowed =
      'content events with their index, kind and texts, retry events, and arrays of both'
    const what = `the driver yielded ${show(event)}. Allowed: ${allowed}.`
    throw failureOf(provider, 'protocol', what)
  }
  return events as Events
}

function isEvent(value: unknown): boolean {
  const event: Partial<Record<string, unknown>> = Object(value)
  if (event.type === 'retry')
    return typeof event.attempt === 'number' && StreamError.is(event.error)
  if (event.type !== 'content' || typeof event.index !== 'number') return false
  if (typeof event.kind !== 'string' || !Object.hasOwn(texts, event.kind)) return false
  return texts[event.kind as ContentEvent['kind']].every((name) => typeof event[name] === 'string')
}

/** Splits a yield into answers: runs of content, and each retry event alone. */
export function splitYielded(events: Events): (readonly ContentEvent[] | RetryEvent)[] {
  const answers: (ContentEvent[] | RetryEvent)[] = []
  for (const event of events) {
    const last = answers.at(-1)
    if (event.type === 'retry') answers.push(event)
    else if (Array.isArray(last)) last.push(event)
    else answers.push([event])
  }
  return answers
}
