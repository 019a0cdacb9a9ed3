/**
 * Events for tests of formats.
 */

import { StreamError } from '../../src/base/errors.js'
import type {
  CompleteEvent,
  ContentEvent,
  ErrorEvent,
  RetryEvent,
  StreamEvent,
} from '../../src/base/events.js'

export function text(value: string, index = 0): ContentEvent {
  return { type: 'content', index, kind: 'text', text: value }
}

export function failed(error: StreamError): ErrorEvent {
  return { type: 'error', error, partial: { role: 'assistant', content: [] }, attempts: 1 }
}

export function retry(mode: 'restart' | 'continue'): RetryEvent {
  const error = new StreamError('network', 'sk-secret')
  const asked = { provider: 'p', model: 'm' }
  return { type: 'retry', attempt: 2, maxAttempts: 3, delayMs: 5, mode, ...asked, error }
}

export const complete: CompleteEvent = {
  type: 'complete',
  text: 'Hello',
  message: { role: 'assistant', content: [{ type: 'text', text: 'Hello' }] },
  finishReason: 'stop',
  usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 },
  provider: 'p',
  model: 'm-1',
  attempts: 1,
  timing: { firstContentMs: 1, durationMs: 2 },
}

export const answer: readonly StreamEvent[] = [
  { type: 'start', id: 's', provider: 'p', model: 'm' },
  text('Hel'),
  text('lo'),
  complete,
]

/** Texts that formats made of lines or of UTF-8 have to get right. */
export const nasty = [
  { name: 'line feeds and carriage returns', value: 'a\nb\rc\r\nd\n\n' },
  { name: 'the line and paragraph separators of Unicode', value: 'a\u2028b\u2029c' },
  {
    name: 'the other characters that end a line somewhere',
    value: 'a\u000bb\fc\u001cd\u001ee\u0085f',
  },
  { name: 'half a surrogate pair', value: 'a\ud83d' },
  { name: 'the other half', value: '\ude00b' },
  {
    name: 'null, a byte order mark and what looks like a field',
    value: '\0\ufeff\ndata: x\n\nid: 7',
  },
]

const lineEnds = new Set('\n\u000b\f\r\u001c\u001d\u001e\u0085\u2028\u2029')

/** The lines of a text as Python's `splitlines` takes them, without the empty ones. */
export function pythonLines(bytes: string): string[] {
  let line = ''
  const lines: string[] = []
  for (const character of bytes) {
    if (lineEnds.has(character)) {
      if (line !== '') lines.push(line)
      line = ''
    } else line += character
  }
  return line === '' ? lines : [...lines, line]
}
