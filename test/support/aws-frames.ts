/** Frames of AWS event streams, made by the codec of the AWS SDK. */

import { EventStreamCodec, type MessageHeaders } from '@smithy/eventstream-codec'

const encoder = new TextEncoder()

const codec = new EventStreamCodec(
  (bytes) => (typeof bytes === 'string' ? bytes : new TextDecoder().decode(bytes)),
  (text) => encoder.encode(text),
)

export const eventStreamType = 'application/vnd.amazon.eventstream'

/** A frame with headers that are text. */
export function frame(headers: Record<string, string>, payload: string): Uint8Array {
  const entries = Object.entries(headers).map(([name, value]) => [name, { type: 'string', value }])
  return frameOf(Object.fromEntries(entries), payload)
}

export function frameOf(headers: MessageHeaders, payload: string): Uint8Array {
  return codec.encode({ headers, body: encoder.encode(payload) })
}

export function eventFrame(type: string, payload: string): Uint8Array {
  return frame(
    { ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' },
    payload,
  )
}

/** A chunk of InvokeModelWithResponseStream. It has padding that hides the length of its text. */
export function chunk(value: unknown): Uint8Array {
  const bytes = Buffer.from(JSON.stringify(value)).toString('base64')
  return eventFrame('chunk', JSON.stringify({ bytes, p: 'abcdefghijklm' }))
}

export function exception(type: string, payload: object): Uint8Array {
  return frame(
    { ':exception-type': type, ':content-type': 'application/json', ':message-type': 'exception' },
    JSON.stringify(payload),
  )
}

export function join(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(parts))
}

/** The events of a whole answer of the Messages API. */
export function messageEvents(words: readonly string[]): object[] {
  const usage = { input_tokens: 3, output_tokens: 1 }
  const message = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'm',
    content: [],
    usage,
  }
  return [
    { type: 'message_start', message },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    ...words.map((text) => ({
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'text_delta', text },
    })),
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 9 } },
    { type: 'message_stop', 'amazon-bedrock-invocationMetrics': { inputTokenCount: 3 } },
  ]
}

export const framesOf = (words: readonly string[]): Uint8Array[] => messageEvents(words).map(chunk)
