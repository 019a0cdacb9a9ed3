/**
 * Messages of OpenAI's Chat Completions as messages for any provider.
 *
 * @module
 */

import type {
  ImageDetail,
  InputPart,
  Message,
  OutputPart,
  ToolCallPart,
  ToolResultPart,
} from '../base/messages.js'
import { isRecord, recordsOf, textOf } from '../base/read-json.js'
import { Sources } from '../wires/openai-chat/citations.js'
import { readDetail, reasoningTextOf } from '../wires/openai-chat/reasoning.js'
import { originOf, sign } from '../wires/signature.js'
import { closeCalls, inputOf } from './open-calls.js'
import { type Fields, invalid, recordIn, recordsIn, stringIn, stringsIn } from './read-messages.js'

/** A message of Chat Completions, as far as it is read. */
export interface OpenaiMessageLike {
  role: string
  content?: unknown
  name?: unknown
  refusal?: unknown
  audio?: unknown
  annotations?: unknown
  tool_calls?: unknown
  tool_call_id?: unknown
  function_call?: unknown
}

/**
 * Turns messages of OpenAI's Chat Completions into messages: those that a request takes
 * (`ChatCompletionMessageParam`), and `choices[0].message` of an answer. The older `function_call`
 * and the fields of other servers for reasoning are read, too.
 *
 * A `developer` message becomes one of role `system`. A refusal and spoken answers go back to
 * OpenAI only. The `name` of a message is kept in `metadata.openai`. Arguments that are not a JSON
 * object give the call an `error`, and so does a call without a result that the conversation has
 * passed. What is left out: marks for the cache.
 *
 * The messages are as trustworthy as their sender: pass them to `parseMessages()`.
 *
 * @throws StreamError `invalid-request` with status 400 for anything else. It names the place
 * @example
 * ```ts
 * const stream = createStream({ driver, messages: fromOpenaiMessages(history) })
 * ```
 */
export function fromOpenaiMessages(messages: readonly OpenaiMessageLike[]): Message[] {
  const names = new Map<string, string>()
  const read: Message[] = []
  for (const [position, message] of recordsIn(messages, 'messages').entries()) {
    const next = toMessage(message, `messages[${position}]`, names, position)
    const last = read.at(-1)
    // Each of several results is a message there.
    if (next.role === 'tool' && last?.role === 'tool') {
      read[read.length - 1] = { ...last, content: [...last.content, ...next.content] }
    } else read.push(next)
  }
  return closeCalls(read)
}

/** @param names - the tool of each call, by its id */
function toMessage(
  message: Fields,
  place: string,
  names: Map<string, string>,
  position: number,
): Message {
  const { role, name } = message
  const fields = typeof name === 'string' ? { metadata: { openai: { name } } } : {}
  switch (role) {
    case 'system':
    case 'developer':
      return { role: 'system', content: inputOfContent(message, place), ...fields }
    case 'user':
      return { role, content: inputOfContent(message, place), ...fields }
    case 'assistant': {
      const content = toAnswer(message, place, position)
      for (const part of content) if (part.type === 'tool-call') names.set(part.id, part.name)
      // The results of functions have no id.
      const legacy = content.find(({ type }) => type === 'tool-call') as ToolCallPart | undefined
      if (isRecord(message.function_call) && legacy) names.set(legacy.name, legacy.id)
      return { role, content, ...fields }
    }
    case 'tool': {
      const id = stringIn(message, 'tool_call_id', place)
      return { role, content: [toResult(message, id, names.get(id) ?? '', place)] }
    }
    case 'function': {
      const tool = stringIn(message, 'name', place)
      return { role: 'tool', content: [toResult(message, names.get(tool) ?? tool, tool, place)] }
    }
    default:
      throw invalid(
        `${place}.role is not "system", "developer", "user", "assistant", "tool" or "function".`,
      )
  }
}

function toResult(message: Fields, id: string, name: string, place: string): ToolResultPart {
  const { content } = message
  const output =
    typeof content === 'string'
      ? content
      : partsIn(message, place)
          .map(({ part, at }) => stringIn(part, 'text', at))
          .join('\n')
  return { type: 'tool-result', id, name, output }
}

interface Placed {
  part: Fields
  at: string
}

function partsIn(message: Fields, place: string): Placed[] {
  const { content } = message
  if (content === null || content === undefined) return []
  if (typeof content === 'string') {
    return [{ part: { type: 'text', text: content }, at: `${place}.content` }]
  }
  if (!Array.isArray(content)) throw invalid(`${place}.content is not a string or an array.`)
  return recordsIn(content, `${place}.content`).map((part, at) => {
    return { part, at: `${place}.content[${at}]` }
  })
}

function inputOfContent(message: Fields, place: string): string | InputPart[] {
  const { content } = message
  if (typeof content === 'string') return content
  return partsIn(message, place).map(({ part, at }) => inputPart(part, at))
}

function inputPart(part: Fields, place: string): InputPart {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: stringIn(part, 'text', place) }
    case 'image_url': {
      const image = recordIn(part, 'image_url', place)
      const data = stringIn(image, 'url', `${place}.image_url`)
      const detail = textOf(image.detail) as ImageDetail | undefined
      return { type: 'image', data, ...(detail && { detail }) }
    }
    case 'input_audio': {
      const audio = recordIn(part, 'input_audio', place)
      const data = stringIn(audio, 'data', `${place}.input_audio`)
      const format = stringIn(audio, 'format', `${place}.input_audio`)
      return { type: 'file', data, mediaType: format === 'mp3' ? 'audio/mpeg' : `audio/${format}` }
    }
    case 'file': {
      const file = recordIn(part, 'file', place)
      const data = textOf(file.file_id) ?? stringIn(file, 'file_data', `${place}.file`)
      const mediaType = /^data:([^;,]+)/.exec(data)?.[1] ?? 'application/pdf'
      return { type: 'file', data, mediaType, ...stringsIn(file, 'filename') }
    }
    default:
      throw invalid(`${place}.type is not "text", "image_url", "input_audio" or "file".`)
  }
}

function toAnswer(message: Fields, place: string, position: number): OutputPart[] {
  const { refusal, audio, annotations } = message
  const origin = originOf('openai-chat', 'openai')
  const refused = (text: string): OutputPart => {
    const data = { type: 'refusal', refusal: text }
    return { type: 'provider', name: 'refusal', origin, data }
  }
  const content: OutputPart[] = [...toReasoning(message)]
  const audioId = isRecord(audio) ? textOf(audio.id) : undefined
  if (audioId !== undefined) {
    const { id, expires_at, transcript } = audio as Record<string, unknown>
    const kept = JSON.stringify({ audio: { id, expires_at } })
    const signature = sign('openai-chat', 'openai', kept)
    content.push({ type: 'text', text: textOf(transcript) ?? '', signature })
  }
  for (const { part, at } of partsIn(message, place)) {
    if (part.type === 'refusal') content.push(refused(stringIn(part, 'refusal', at)))
    else if (part.type !== 'text') throw invalid(`${at}.type is not "text" or "refusal".`)
    else if (stringIn(part, 'text', at) !== '') {
      content.push({ type: 'text', text: part.text as string })
    }
  }
  if (typeof refusal === 'string' && refusal !== '') content.push(refused(refusal))
  const sources = new Sources().annotations(annotations)
  content.push(...sources.map((source): OutputPart => ({ type: 'source', ...source })))
  return [...content, ...toCalls(message, place, position)]
}

function toReasoning(message: Fields): OutputPart[] {
  const details = recordsOf(message.reasoning_details)
  if (details.length > 0) {
    const model = undefined
    return details.map((detail) => ({ type: 'reasoning', ...readDetail(detail, model) }))
  }
  const text = reasoningTextOf(message)
  return text === undefined ? [] : [{ type: 'reasoning', text }]
}

function toCalls(message: Fields, place: string, position: number): ToolCallPart[] {
  const { tool_calls: calls, function_call: legacy } = message
  if (isRecord(legacy)) {
    const at = `${place}.function_call`
    const name = stringIn(legacy, 'name', at)
    const input = inputOf(stringIn(legacy, 'arguments', at))
    return [{ type: 'tool-call', id: `function_call_${position}`, name, ...input }]
  }
  if (calls === null || calls === undefined) return []
  return recordsIn(calls, `${place}.tool_calls`).map((call, index): ToolCallPart => {
    const at = `${place}.tool_calls[${index}]`
    const id = stringIn(call, 'id', at)
    if (call.type === 'custom') {
      const custom = recordIn(call, 'custom', at)
      const name = stringIn(custom, 'name', `${at}.custom`)
      const input = stringIn(custom, 'input', `${at}.custom`)
      return { type: 'tool-call', id, name, input, custom: true }
    }
    const called = recordIn(call, 'function', at)
    const name = stringIn(called, 'name', `${at}.function`)
    return {
      type: 'tool-call',
      id,
      name,
      ...inputOf(stringIn(called, 'arguments', `${at}.function`)),
    }
  })
}
