/**
 * The message as a reader sees it, from the events.
 */

import type { StreamEvent } from 'sluice'

/** A piece of the message. */
export interface Segment {
  index: number
  kind: string
  /** Of the tool, for a call and its result. */
  name: string
  text: string
  /** Whether a restart has discarded it. */
  isVoid: boolean
}

/** Adds an event, and returns the segments that follow from it. */
export function addTo(segments: readonly Segment[], event: StreamEvent): readonly Segment[] {
  if (event.type === 'retry' && event.mode === 'restart') {
    const { from = 0 } = event
    return segments.map((each) => (each.index >= from ? { ...each, isVoid: true } : each))
  }
  if (event.type !== 'content') return segments
  const { index, kind } = event
  const text = wordsOf(event)
  const name = nameOf(event)
  const last = segments.at(-1)
  if (last === undefined || last.isVoid || last.index !== index || last.kind !== kind) {
    return [...segments, { index, kind, name, text, isVoid: false }]
  }
  return [...segments.slice(0, -1), { ...last, text: last.text + text }]
}

function nameOf(event: StreamEvent & { type: 'content' }): string {
  return event.kind === 'tool-call' || event.kind === 'tool-result' ? event.name : ''
}

function wordsOf(event: StreamEvent & { type: 'content' }): string {
  switch (event.kind) {
    case 'text':
    case 'reasoning':
      return event.text
    case 'tool-call':
      return event.input
    case 'tool-result':
      return JSON.stringify(event.output)
    default:
      return ''
  }
}

/** What an event says, in one line. */
export function summaryOf(event: StreamEvent): string {
  switch (event.type) {
    case 'start':
      return `${event.provider} ${event.model}`
    case 'content': {
      return [`[${event.index}]`, event.kind, nameOf(event), JSON.stringify(wordsOf(event))]
        .filter((part) => part !== '')
        .join(' ')
    }
    case 'retry': {
      const { attempt, maxAttempts, delayMs, mode, from, error, provider } = event
      const what = mode === 'restart' ? `restart from block ${from ?? 0}` : 'continue'
      const wait = `attempt ${attempt} of ${maxAttempts} in ${Math.round(delayMs)} ms`
      return `${error.code}: ${what}, ${wait} (${provider})`
    }
    case 'complete': {
      const { finishReason, attempts, text } = event
      return `${finishReason}, ${attempts} ${attempts === 1 ? 'request' : 'requests'}, ${text.length} characters`
    }
    case 'error':
      return `${event.error.code}: ${event.error.message}`
  }
}
