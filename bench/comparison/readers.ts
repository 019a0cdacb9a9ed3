/**
 * Each library reads one answer from a provider's address as its users would: with its own retries on, and with its own timeout for
 * silence if it has one. It gives the text as it comes, and says how the answer ended.
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
import OpenAI from 'openai'
import { createStream, type Driver } from 'sluice'
import { anthropic } from 'sluice/anthropic'
import { compatible } from 'sluice/compatible'
import { openai } from 'sluice/openai'
import type { WireName } from '../wires.ts'

export interface Reader {
  name: string
  wires: readonly WireName[]
  /** @returns the finish reason, if the library has one. @throws whatever it says of a failure */
  read(asked: {
    wire: WireName
    /** The provider's address, without a path. */
    url: string
    /** Called with the whole text that a reader would see now. */
    onText: (text: string) => void
  }): Promise<string | null | undefined>
}

export const both: readonly WireName[] = ['openai', 'anthropic']
export const apiKey = 'sk-any'
export const content = 'Tell me about the fox.'
/** Of libraries that have one, in milliseconds. */
const timeout = 1_000

function sluiceWith(
  name: string,
  make: (wire: WireName, url: string) => Driver,
  wires = both,
): Reader {
  return {
    name,
    wires,
    async read({ wire, url, onText }) {
      const driver = make(wire, url)
      const stream = createStream({ driver, prompt: content, timeout: { chunkMs: timeout } })
      let text = ''
      for await (const event of stream) {
        if (event.type === 'content' && event.kind === 'text') onText((text += event.text))
        else if (event.type === 'retry' && event.mode === 'restart') onText((text = ''))
        else if (event.type === 'error') throw event.error
        else if (event.type === 'complete') return event.finishReason
      }
      return undefined
    },
  }
}

function aiWith(
  name: string,
  open: (wire: WireName, baseURL: string) => LanguageModel,
  options: { streamRetries?: number } = {},
  wires = both,
): Reader {
  return {
    name,
    wires,
    async read({ wire, url, onText }) {
      const result = streamText({
        model: open(wire, `${url}/v1`),
        prompt: content,
        timeout: { chunkMs: timeout },
        onError: () => {},
        ...options,
      })
      let text = ''
      let reason: string | undefined
      for await (const part of result.fullStream) {
        if (part.type === 'text-delta') onText((text += part.text))
        else if (part.type === 'error') throw part.error
        else if (part.type === 'abort') throw new Error('abort')
        else if (part.type === 'finish') reason = part.finishReason
      }
      return reason
    },
  }
}

const aiModel = (wire: WireName, baseURL: string): LanguageModel =>
  wire === 'openai'
    ? createOpenAICompatible({ name: 'provider', baseURL, apiKey }).chatModel('any')
    : createAnthropic({ baseURL, apiKey })('any')

function piWith(name: string, options: { maxRetries?: number }): Reader {
  return {
    name,
    wires: both,
    async read({ wire, url, onText }) {
      const common = {
        name: 'any',
        id: 'any',
        reasoning: false,
        input: ['text' as const],
        cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
        contextWindow: 128_000,
        maxTokens: 8_192,
      }
      const context = normalizeContext({ messages: [{ role: 'user', content, timestamp: 0 }] })
      const settings = { apiKey, timeoutMs: timeout, ...options }
      const stream =
        wire === 'openai'
          ? piOpenai(
              { ...common, api: 'openai-completions', provider: 'openai', baseUrl: `${url}/v1` },
              context,
              settings,
            )
          : piAnthropic(
              { ...common, api: 'anthropic-messages', provider: 'anthropic', baseUrl: url },
              context,
              settings,
            )
      let text = ''
      for await (const event of stream) {
        if (event.type === 'text_delta') onText((text += event.delta))
        else if (event.type === 'error') throw new Error(event.error.errorMessage)
        else if (event.type === 'done') return event.reason
      }
      return undefined
    },
  }
}

export const readers: readonly Reader[] = [
  sluiceWith('sluice', (wire, url) =>
    wire === 'openai'
      ? compatible({ baseURL: `${url}/v1`, model: 'any', apiKey })
      : anthropic({ baseURL: url, model: 'any', apiKey }),
  ),
  sluiceWith(
    'sluice, by the openai SDK',
    (_wire, url) => openai({ baseURL: `${url}/v1`, model: 'any', apiKey }),
    ['openai'],
  ),
  {
    name: 'openai',
    wires: ['openai'],
    async read({ url, onText }) {
      const client = new OpenAI({ baseURL: `${url}/v1`, apiKey, timeout })
      const messages = [{ role: 'user' as const, content }]
      const options = { model: 'any', messages, stream: true as const }
      let text = ''
      let reason: string | null | undefined
      for await (const chunk of await client.chat.completions.create(options)) {
        onText((text += chunk.choices[0]?.delta.content ?? ''))
        reason = chunk.choices[0]?.finish_reason ?? reason
      }
      return reason
    },
  },
  {
    name: '@anthropic-ai/sdk',
    wires: ['anthropic'],
    async read({ url, onText }) {
      const client = new Anthropic({ baseURL: url, apiKey, timeout })
      const messages = [{ role: 'user' as const, content }]
      const options = { model: 'any', max_tokens: 1024, messages, stream: true as const }
      let text = ''
      let reason: string | null | undefined
      for await (const event of await client.messages.create(options)) {
        if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') {
          onText((text += event.delta.text))
        } else if (event.type === 'message_delta') reason = event.delta.stop_reason
      }
      return reason
    },
  },
  aiWith('ai', aiModel),
  aiWith(
    'ai, with @ai-sdk/openai',
    (_wire, baseURL) => createOpenAI({ baseURL, apiKey }).chat('any'),
    {},
    ['openai'],
  ),
  aiWith('ai, with `streamRetries: 2`', aiModel, { streamRetries: 2 }),
  {
    name: 'TanStack AI',
    wires: both,
    async read({ wire, url, onText }) {
      const adapter =
        wire === 'openai'
          ? createOpenaiChatCompletions('gpt-5.2', apiKey, { baseURL: `${url}/v1`, timeout })
          : createAnthropicChat('claude-sonnet-4-5', apiKey, { baseURL: url, timeout })
      let text = ''
      let reason: string | null | undefined
      for await (const chunk of chat({ adapter, messages: [{ role: 'user', content }] })) {
        if (chunk.type === EventType.TEXT_MESSAGE_CONTENT) onText((text += chunk.delta))
        else if (chunk.type === EventType.RUN_ERROR) throw new Error(chunk.message)
        else if (chunk.type === EventType.RUN_FINISHED) reason = chunk.finishReason
      }
      return reason
    },
  },
  {
    name: 'LangChain',
    wires: both,
    async read({ wire, url, onText }) {
      const model =
        wire === 'openai'
          ? new ChatOpenAI({
              model: 'gpt-4.1',
              apiKey,
              timeout,
              configuration: { baseURL: `${url}/v1` },
            })
          : new ChatAnthropic({
              model: 'claude-sonnet-4-5',
              apiKey,
              anthropicApiUrl: url,
              clientOptions: { timeout },
            })
      let text = ''
      let reason: string | undefined
      for await (const chunk of await model.stream(content)) {
        onText((text += chunk.text))
        const { finish_reason: finish, stop_reason: stop } = chunk.response_metadata
        reason = (finish ?? stop ?? reason) as string | undefined
      }
      return reason
    },
  },
  piWith('pi-ai', {}),
  piWith('pi-ai, with `maxRetries: 2`', { maxRetries: 2 }),
]
