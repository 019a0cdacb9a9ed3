/**
 * Who relays a provider's answer to a client as server-sent events: each gives the body of its response, and says what of it is text.
 */

import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { streamText } from 'ai'
import { createStream, sse, toReadableStream } from 'sluice'
import { anthropic } from 'sluice/anthropic'
import { compatible } from 'sluice/compatible'
import type { WireName } from '../wires.ts'
import { find } from './floor.ts'

type Body = ReadableStream<Uint8Array>

export interface Relay {
  name: string
  relay: (wire: WireName, fetch: typeof globalThis.fetch) => Body
  /** The text in the data of one event that it sends; empty where there is none. */
  textOf: (event: Record<string, unknown>) => unknown
}

const baseURL = 'http://provider/v1'
const apiKey = 'sk-any'
const prompt = 'Tell me about the fox.'

export const relays: readonly Relay[] = [
  { name: 'floor', relay: relayByHand, textOf: contentOf },
  {
    name: 'sluice',
    relay: (wire, fetch) => {
      const driver =
        wire === 'openai'
          ? compatible({ baseURL, model: 'gpt-5.5', apiKey, fetch })
          : anthropic({ baseURL, model: 'claude-sonnet-5-5', apiKey, fetch })
      return toReadableStream(createStream({ driver, prompt }), sse())
    },
    textOf: contentOf,
  },
  {
    name: 'ai',
    relay: (wire, fetch) => {
      const model =
        wire === 'openai'
          ? createOpenAICompatible({ name: 'provider', baseURL, apiKey, fetch }).chatModel(
              'gpt-5.5',
            )
          : createAnthropic({ baseURL, apiKey, fetch })('claude-sonnet-5-5')
      return streamText({ model, prompt }).toUIMessageStreamResponse().body as Body
    },
    textOf: (event) => (event.type === 'text-delta' ? event.delta : ''),
  },
]

function contentOf(event: Record<string, unknown>): unknown {
  return event.type === 'content' && event.kind === 'text' ? event.text : ''
}

/** The bytes that sluice sends, by a loop that knows exactly what comes and guards against nothing. */
function relayByHand(wire: WireName, fetch: typeof globalThis.fetch): Body {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  const decoder = new TextDecoder()
  const encoder = new TextEncoder()
  let rest = ''
  let id = 0
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        reader ??= ((await fetch(baseURL)).body as Body).getReader()
        for (;;) {
          const { done, value } = await reader.read()
          if (done) return controller.close()
          const text = rest + decoder.decode(value, { stream: true })
          let out = ''
          let start = 0
          for (;;) {
            const end = text.indexOf('\n\n', start)
            if (end === -1) break
            const data = text.indexOf('data: ', start) + 6
            if (text.charCodeAt(data) === 123) {
              const piece = find(wire, text.slice(data, end))
              if (piece !== '') {
                const json = `{"type":"content","index":0,"kind":"text","text":${JSON.stringify(piece)}}`
                out += `id: ${++id}\nevent: content\ndata: ${json}\n\n`
              }
            }
            start = end + 2
          }
          rest = start === text.length ? '' : text.slice(start)
          if (out !== '') return controller.enqueue(encoder.encode(out))
        }
      },
      cancel: (reason) => reader?.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}

/** The text that a client finds in what was sent. */
export function readRelayed({ textOf }: Relay, sent: string): string {
  return sent
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => textOf(JSON.parse(line.slice(6))))
    .filter((text) => typeof text === 'string')
    .join('')
}
