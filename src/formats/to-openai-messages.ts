/**
 * Messages as those of OpenAI's Chat Completions.
 *
 * @module
 */

import type { Message } from '../base/messages.js'
import { isRecord } from '../base/read-json.js'
import { encodeMessages } from '../wires/openai-chat/messages.js'
import { PartEncoder } from '../wires/openai-chat/parts.js'

/** A message of Chat Completions. It is a `ChatCompletionMessageParam` of `openai`. */
export type OpenaiMessage =
  | { role: 'system'; content: string | OpenaiTextPart[]; name?: string }
  | { role: 'user'; content: string | OpenaiInputPart[]; name?: string }
  | {
      role: 'assistant'
      content?: string | (OpenaiTextPart | { type: 'refusal'; refusal: string })[] | null
      audio?: { id: string }
      tool_calls?: OpenaiToolCall[]
      name?: string
    }
  | { role: 'tool'; tool_call_id: string; content: string | OpenaiTextPart[] }

interface OpenaiTextPart {
  type: 'text'
  text: string
}

type OpenaiInputPart =
  | OpenaiTextPart
  | { type: 'image_url'; image_url: { url: string; detail?: 'auto' | 'low' | 'high' } }
  | { type: 'input_audio'; input_audio: { data: string; format: 'wav' | 'mp3' } }
  | { type: 'file'; file: { file_id?: string; file_data?: string; filename?: string } }

type OpenaiToolCall =
  | { id: string; type: 'function'; function: { name: string; arguments: string } }
  | { id: string; type: 'custom'; custom: { name: string; input: string } }

/** Whose rules of ids and custom tools count. */
const model = 'gpt-5.5'

/**
 * Turns messages into those that OpenAI's Chat Completions and everything compatible takes, as the
 * drivers send them: an answer of several steps becomes a message for each step, followed by the
 * results of its calls, and all instructions become one `system` message at the beginning. Calls of
 * the last answer that have no result are kept, for a reader that answers them; others are not. An id
 * of a call that is used twice gets a suffix, and a long one is cut.
 *
 * That API has no place for reasoning, sources, files of the model, blocks of other providers, ids,
 * the status, times and other metadata: they are left out. A partial answer is followed by the remark that it broke off, the result of a
 * call that failed begins with `Error: `, and images in results follow in a message of the user. The
 * options of `providerOptions.openai` are merged into the messages.
 *
 * @throws StreamError `invalid-request` for an image that is given by the id of an uploaded file
 * @example
 * ```ts
 * const answer = await client.chat.completions.create({ model, messages: toOpenaiMessages(messages) })
 * ```
 */
export function toOpenaiMessages(messages: readonly Message[]): OpenaiMessage[] {
  const request = { messages: messages.map(named) }
  const traits = { systemRole: 'system' } as const
  const encoder = new PartEncoder('openai', undefined)
  return encodeMessages(request, model, traits, encoder, undefined, true) as OpenaiMessage[]
}

/** With the name that `fromOpenaiMessages()` has kept. */
function named(message: Message): Message {
  const { metadata, providerOptions } = message
  const kept = isRecord(metadata) ? metadata.openai : undefined
  const name = isRecord(kept) ? kept.name : undefined
  if (typeof name !== 'string') return message
  const openai = { name, ...providerOptions?.openai }
  return { ...message, providerOptions: { ...providerOptions, openai } }
}
