/**
 * Who relays a provider's answer to a client as server-sent events: each gives the body of its response, and says what of it is text.
 */

import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { streamText } from 'ai'
import { createStream, sse, toReadableStream } from 'sluice'
import { anthropic } from 'sluice/anthropic'
import { compatible } from 'sluice/compatible'
import { openai } from 'sluice/openai'
import type { WireName } from '../wires.ts'
import { RelayByHand } from './relay-by-hand.ts'

type Body = ReadableStream<Uint8Array>

export interface Relay {
  name: string
  wires: readonly WireName[]
  relay: (wire: WireName, fetch: typeof globalThis.fetch) => Body
  /** The text in the data of one event that it sends; empty where there is none. */
  textOf: (event: Record<string, unknown>) => unknown
}

const baseURL = 'http://provider/v1'
const apiKey = 'sk-any'
const prompt = 'Tell me about the fox.'
const both: readonly WireName[] = ['openai', 'anthropic']

export const relays: readonly Relay[] = [
  { name: 'floor', wires: both, relay: relayByHand, textOf: contentOf },
  {
    name: 'sluice',
    wires: both,
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
    name: 'sluice, by the openai SDK',
    wires: ['openai'],
    relay: (_wire, fetch) => {
      const driver = openai({ baseURL, model: 'gpt-5.5', apiKey, fetch })
      return toReadableStream(createStream({ driver, prompt }), sse())
    },
    textOf: contentOf,
  },
  {
    name: 'ai',
    wires: both,
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

function relayByHand(wire: WireName, fetch: typeof globalThis.fetch): Body {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  const relay = new RelayByHand(wire)
  const encoder = new TextEncoder()
  return new ReadableStream(
    {
      type: 'bytes',
      async pull(controller) {
        reader ??= ((await fetch(baseURL)).body as Body).getReader()
        for (;;) {
          const { done, value } = await reader.read()
          if (done) {
            controller.close()
            controller.byobRequest?.respond(0)
            return
          }
          const out = relay.take(value)
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
