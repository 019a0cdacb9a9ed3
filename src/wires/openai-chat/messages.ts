/**
 * Writes the messages of a request.
 *
 * @module
 */

import type {
  InputPart,
  OutputPart,
  ProviderPart,
  SystemMessage,
  ToolCallPart,
  ToolResultPart,
} from '../../base/messages.js'
import type { Json } from '../../base/read-json.js'
import type { StreamRequest } from '../../base/request.js'
import { toWellFormedJson } from '../../base/well-formed-json.js'
import { encodeTurns, type TurnEncoder } from '../alternating-turns.js'
import { nineIds, wireIds } from '../call-order.js'
import { isThirdGeneration, unsigned } from '../models/gemini.js'
import type { ModelTraits } from '../models/traits.js'
import { withOptions } from '../provider-options.js'
import { messagesOf, partsOf } from '../request-messages.js'
import { blockFor, isMaker, makerOf, signatureFor } from '../signature.js'
import { toArguments, toText } from '../tool-texts.js'
import { audioOf } from './audio.js'
import { contentOf, type PartEncoder, textPart } from './parts.js'
import { encodeReasoning } from './reasoning.js'

/** The longest id of a tool call that OpenAI takes, in characters. */
const maxIdLength = 40

/**
 * @param instructions - further ones, at the end of those of the request
 * @param keepsOpen - see `arrangeCalls`
 */
export function encodeMessages(
  request: StreamRequest,
  model: string,
  traits: ModelTraits,
  encoder: PartEncoder,
  instructions: string | undefined,
  keepsOpen = false,
): Json[] {
  const ids = traits.toolCallIds === 'nine-alphanumeric' ? nineIds() : wireIds(maxIdLength)
  const system = encodeSystem(request, traits, encoder, instructions)
  const turn: TurnEncoder = {
    user: (parts) => encodeUser(parts, encoder),
    assistant: (parts) => encodeAssistant(parts, model, traits, encoder),
    results: (results) => encodeResults(results, encoder),
  }
  const turns = encodeTurns(messagesOf(request), ids, turn, keepsOpen)
  const items = turns.flatMap(({ items: messages, ...fields }) => {
    const last = messages.at(-1) as Json
    return [...messages.slice(0, -1), encoder.dressMessage(last, fields)]
  })
  return [...system, ...(traits.assistantAfterTools ? withAnswers(items) : items)]
}

/** One message: the templates of many open models refuse a second one. */
function encodeSystem(
  request: StreamRequest,
  { systemRole = 'system' }: ModelTraits,
  encoder: PartEncoder,
  instructions = '',
): Json[] {
  const given: Pick<SystemMessage, 'content' | 'providerOptions' | 'cache'>[] = [
    { content: request.system ?? '' },
    ...messagesOf(request).filter((message) => message.role === 'system'),
    { content: instructions },
  ]
  let system: Json = { role: systemRole }
  const content = given.flatMap((message) => {
    const texts = partsOf(message.content)
      .filter(({ type }) => type === 'text')
      .map((part) => encoder.encode(part))
    if (texts.length === 0) return []
    const joined = contentOf(texts, '\n')
    const { content: dressed, ...fields } = encoder.dressMessage({ content: joined }, message)
    system = { ...system, ...fields }
    return typeof dressed === 'string' ? [textPart(dressed)] : (dressed as Json[])
  })
  return content.length === 0 ? [] : [{ ...system, content: contentOf(content, '\n\n') }]
}

/** Puts an assistant message between the results of tools and a user message. */
function withAnswers(messages: readonly Json[]): Json[] {
  return messages.flatMap((message, at) =>
    message.role === 'user' && messages[at - 1]?.role === 'tool'
      ? [{ role: 'assistant', content: '(No answer.)' }, message]
      : [message],
  )
}

function encodeUser(parts: readonly InputPart[], encoder: PartEncoder): Json[] {
  if (parts.length === 0) return []
  const content = parts.map((part) => encoder.encode(part))
  const isText = parts.length === 1 && parts[0]?.type === 'text'
  return [{ role: 'user', content: isText ? contentOf(content, '') : content }]
}

/**
 * Text and calls, blocks of this provider in their place, and reasoning if the server takes it
 * back. Sources and files are left out.
 */
function encodeAssistant(
  parts: readonly OutputPart[],
  model: string,
  traits: ModelTraits,
  encoder: PartEncoder,
): Json[] {
  const maker = makerOf(model)
  const content: Json[] = []
  const calls: Json[] = []
  let isFirst = true
  let audio: Json | undefined
  for (const part of parts) {
    if (part.type === 'text') {
      const spoken = audioOf(maker, part.signature)
      audio ??= spoken
      if (spoken === undefined) content.push(encoder.encode(part))
    } else if (part.type === 'tool-call') {
      // No server takes a mark for its cache here.
      calls.push(withOptions(encodeCall(part, isFirst, model), part, encoder.provider))
      isFirst = false
    } else if (part.type === 'provider') {
      const block = ownBlock(part, maker, encoder.provider)
      if (block !== undefined) ('id' in block || 'function' in block ? calls : content).push(block)
    }
  }
  const joined = contentOf(content, '')
  const sent = typeof joined === 'string' ? joined : joined.filter(({ text }) => !isBlank(text))
  const isEmpty = sent.length === 0 || isBlank(sent)
  if (isEmpty && calls.length === 0 && audio === undefined) return []
  return [
    {
      role: 'assistant',
      content: isEmpty ? null : sent,
      ...(audio && { audio }),
      ...encodeReasoning(parts, maker, traits),
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
    },
  ]
}

function isBlank(text: unknown): boolean {
  return typeof text === 'string' && text.trim() === ''
}

/** The block, if it came from this provider, or from a model of this maker. */
function ownBlock(
  part: ProviderPart,
  maker: string | undefined,
  provider: string,
): Json | undefined {
  const madeBy = part.origin.split('/')[1] ?? ''
  return (
    blockFor('openai-chat', provider, part) ??
    // The name of a deployment does not say who made its model.
    blockFor('openai-chat', maker ?? (isMaker(madeBy) ? undefined : provider), part)
  )
}

function encodeCall(part: ToolCallPart, isFirst: boolean, model: string): Json {
  if (part.custom && makerOf(model) === 'openai') {
    return { id: part.id, type: 'custom', custom: { name: part.name, input: part.input } }
  }
  const call = { name: part.name, arguments: toWellFormedJson(toArguments(part)) }
  const signature = isFirst || part.signature ? signatureOfCall(part, model) : undefined
  const extra = signature && { extra_content: { google: { thought_signature: signature } } }
  return { id: part.id, type: 'function', function: call, ...extra }
}

/** For Google's Gemini on this API. Other servers refuse unknown fields. */
function signatureOfCall({ signature }: ToolCallPart, model: string): string | undefined {
  if (makerOf(model) !== 'google') return undefined
  return (
    signatureFor('gemini', 'google', signature) ?? (isThirdGeneration(model) ? unsigned : undefined)
  )
}

/** Results hold text only, so their images and files follow in a message of the user. */
function encodeResults(results: readonly ToolResultPart[], encoder: PartEncoder): Json[] {
  const attached: Json[] = []
  const messages = results.map(({ id, name, output, content = [], isError, ...fields }) => {
    const given = partsOf(content)
    const texts = given.filter(({ type }) => type === 'text').map((part) => encoder.encode(part))
    const others = given.filter(({ type }) => type !== 'text')
    if (others.length > 0) {
      const from = textPart(`From the result of ${name} (${id}):`)
      attached.push(from, ...others.map((part) => encoder.encode(part)))
    }
    if (output !== undefined || given.length === 0) texts.unshift(textPart(toText(output)))
    else if (texts.length === 0) texts.push(textPart('(The result is in the next user message.)'))
    // This API has no field for a failure.
    const [first] = texts
    if (isError && first) first.text = `Error: ${first.text as string}`
    const message = { role: 'tool', tool_call_id: id, content: contentOf(texts, '\n') }
    return encoder.dressMessage(message, fields)
  })
  return attached.length === 0 ? messages : [...messages, { role: 'user', content: attached }]
}
