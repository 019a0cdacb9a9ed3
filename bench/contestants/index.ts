/**
 * Who takes part: each reads one whole answer as its users would, by its own documented way, and gives its text as it comes.
 *
 * Every one is handed the same `fetch`. Retries are left on where a library has them, as its users leave them on.
 */

import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import Anthropic from '@anthropic-ai/sdk'
import { normalizeContext } from '@earendil-works/pi-ai'
import { stream as piAnthropic } from '@earendil-works/pi-ai/api/anthropic-messages'
import { stream as piOpenai } from '@earendil-works/pi-ai/api/openai-completions'
import { ChatAnthropic } from '@langchain/anthropic'
import { ChatOpenAI } from '@langchain/openai'
import { chat, EventType } from '@tanstack/ai'
import { createAnthropicChat } from '@tanstack/ai-anthropic'
import { createOpenaiChatCompletions } from '@tanstack/ai-openai'
import { type LanguageModel, streamText } from 'ai'
import { createParser } from 'eventsource-parser'
import OpenAI from 'openai'
import { createStream, type Driver } from 'sluice'
import { anthropic } from 'sluice/anthropic'
import { compatible } from 'sluice/compatible'
import { openai } from 'sluice/openai'
import type { WireName } from '../wires.ts'
import { floor } from './floor.ts'

export interface Contestant {
  name: string
  wires: readonly WireName[]
  /** Makes what is made once for a process, such as a client, and gives what reads an answer to its end. */
  open: (wire: WireName, fetch: typeof globalThis.fetch) => Consume
}

/** Calls back for each piece of text. */
export type Consume = (onText: (text: string) => void) => Promise<void>

const baseURL = 'http://provider/v1'
const apiKey = 'sk-any'
const content = 'Tell me about the fox.'
const both: readonly WireName[] = ['openai', 'anthropic']

async function read(driver: Driver, onText: (text: string) => void): Promise<void> {
  for await (const event of createStream({ driver, prompt: content })) {
    if (event.type === 'content' && event.kind === 'text') onText(event.text)
    else if (event.type === 'error') throw event.error
  }
}

async function readAi(model: LanguageModel, onText: (text: string) => void): Promise<void> {
  const result = streamText({
    model,
    prompt: content,
    onError: ({ error }) => {
      throw error
    },
  })
  for await (const piece of result.textStream) onText(piece)
}

export const contestants: readonly Contestant[] = [
  {
    name: 'floor',
    wires: both,
    open: (wire, fetch) => (onText) => floor(wire, fetch, onText),
  },
  {
    name: 'reader + eventsource-parser',
    wires: both,
    open: (wire, fetch) => async (onText) => {
      const parser = createParser({
        onEvent: ({ data }) => {
          if (data === '[DONE]') return
          const event = JSON.parse(data)
          if (wire === 'openai') onText(event.choices[0]?.delta.content ?? '')
          else if (event.type === 'content_block_delta') onText(event.delta.text)
        },
      })
      const response = await fetch(baseURL)
      const reader = (response.body as ReadableStream<Uint8Array>).getReader()
      const decoder = new TextDecoder()
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return
        parser.feed(decoder.decode(value, { stream: true }))
      }
    },
  },
  {
    name: 'sluice',
    wires: both,
    open: (wire, fetch) => {
      const driver =
        wire === 'openai'
          ? compatible({ baseURL, model: 'gpt-5.5', apiKey, fetch })
          : anthropic({ baseURL, model: 'claude-sonnet-5-5', apiKey, fetch })
      return (onText) => read(driver, onText)
    },
  },
  {
    name: 'sluice, by the openai SDK',
    wires: ['openai'],
    open: (_wire, fetch) => {
      const driver = openai({ baseURL, model: 'gpt-5.5', apiKey, fetch })
      return (onText) => read(driver, onText)
    },
  },
  {
    name: 'the official SDK',
    wires: both,
    open: (wire, fetch) => {
      if (wire === 'openai') {
        const client = new OpenAI({ baseURL, apiKey, fetch })
        return async (onText) => {
          const stream = await client.chat.completions.create({
            model: 'gpt-5.5',
            messages: [{ role: 'user', content }],
            stream: true,
            stream_options: { include_usage: true },
          })
          for await (const chunk of stream) onText(chunk.choices[0]?.delta.content ?? '')
        }
      }
      const client = new Anthropic({ baseURL, apiKey, fetch })
      return async (onText) => {
        const stream = await client.messages.create({
          model: 'claude-sonnet-5-5',
          max_tokens: 1024,
          messages: [{ role: 'user', content }],
          stream: true,
        })
        for await (const event of stream) {
          if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') {
            onText(event.delta.text)
          }
        }
      }
    },
  },
  {
    name: 'ai',
    wires: both,
    open: (wire, fetch) => {
      const model =
        wire === 'openai'
          ? createOpenAICompatible({ name: 'provider', baseURL, apiKey, fetch }).chatModel(
              'gpt-5.5',
            )
          : createAnthropic({ baseURL, apiKey, fetch })('claude-sonnet-5-5')
      return (onText) => readAi(model, onText)
    },
  },
  {
    name: 'ai, with @ai-sdk/openai',
    wires: ['openai'],
    open: (_wire, fetch) => {
      const model = createOpenAI({ baseURL, apiKey, fetch }).chat('gpt-5.5')
      return (onText) => readAi(model, onText)
    },
  },
  {
    name: 'TanStack AI',
    wires: both,
    open: (wire, fetch) => {
      const adapter =
        wire === 'openai'
          ? createOpenaiChatCompletions('gpt-5.2', apiKey, { baseURL, fetch })
          : createAnthropicChat('claude-sonnet-4-5', apiKey, { baseURL, fetch })
      return async (onText) => {
        for await (const chunk of chat({ adapter, messages: [{ role: 'user', content }] })) {
          if (chunk.type === EventType.TEXT_MESSAGE_CONTENT) onText(chunk.delta)
        }
      }
    },
  },
  {
    name: 'LangChain',
    wires: both,
    open: (wire, fetch) => {
      const model =
        wire === 'openai'
          ? new ChatOpenAI({ model: 'gpt-4.1', apiKey, configuration: { baseURL, fetch } })
          : new ChatAnthropic({
              model: 'claude-sonnet-4-5',
              apiKey,
              anthropicApiUrl: baseURL,
              clientOptions: { fetch },
            })
      return async (onText) => {
        for await (const chunk of await model.stream(content)) onText(chunk.text)
      }
    },
  },
  {
    name: 'pi-ai',
    wires: both,
    open: (wire, fetch) => async (onText) => {
      const common = {
        name: 'any',
        reasoning: false,
        input: ['text' as const],
        cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
        contextWindow: 128_000,
        maxTokens: 8_192,
        baseUrl: baseURL,
      }
      const context = normalizeContext({ messages: [{ role: 'user', content, timestamp: 0 }] })
      const stream =
        wire === 'openai'
          ? piOpenai(
              { ...common, id: 'gpt-5.5', api: 'openai-completions', provider: 'openai' },
              context,
              { apiKey, fetch },
            )
          : piAnthropic(
              {
                ...common,
                id: 'claude-sonnet-5-5',
                api: 'anthropic-messages',
                provider: 'anthropic',
              },
              context,
              { apiKey, fetch },
            )
      for await (const event of stream) {
        if (event.type === 'text_delta') onText(event.delta)
        else if (event.type === 'error') throw new Error(event.error.errorMessage)
      }
    },
  },
]
