/**
 * The messages of a request as input items.
 *
 * @module
 * @see https://platform.openai.com/docs/api-reference/responses/create#responses-create-input
 */

import type {
  InputPart,
  Message,
  OutputPart,
  ProviderPart,
  SystemMessage,
  ToolCallPart,
  ToolResultPart,
} from '../../base/messages.js'
import { compact, type Json, textOf } from '../../base/read-json.js'
import type { StreamRequest } from '../../base/request.js'
import { toWellFormedJson } from '../../base/well-formed-json.js'
import { encodeTurns } from '../alternating-turns.js'
import { wireIds } from '../call-order.js'
import type { ModelTraits } from '../models/traits.js'
import { withOptions } from '../provider-options.js'
import { messagesOf, partsOf } from '../request-messages.js'
import { blockFor, makerOf } from '../signature.js'
import { toArguments, toText } from '../tool-texts.js'
import type { CacheMarks } from './cache-marks.js'
import { encodeParts } from './input-parts.js'
import { MessageItems } from './message-items.js'
import { isOwnItem, withImage } from './provider-items.js'
import { ReasoningItems } from './reasoning.js'
import { readCall } from './tool-calls.js'

/** The longest `call_id` that the API takes, in characters. */
const maxIdLength = 64

export function encodeInput(
  messages: readonly Message[],
  model: string,
  traits: ModelTraits,
  provider: string,
  marks: CacheMarks,
): Json[] {
  const input = new Input(model, traits, provider, marks)
  const turns = encodeTurns(messages, wireIds(maxIdLength), input)
  return turns.flatMap(({ role, items, providerOptions, cache }) => {
    const last = items.at(-1) ?? {}
    // An answer of the model takes no marks.
    if (role === 'user') marks.end(last, cache)
    if (providerOptions === undefined) return items
    return [...items.slice(0, -1), withOptions(last, { providerOptions }, provider)]
  })
}

/**
 * The instructions as an item, if they have marks or options, for which the field `instructions` has
 * no place.
 */
export function encodeSystem(
  request: StreamRequest,
  provider: string,
  marks: CacheMarks,
): Json | undefined {
  const messages = messagesOf(request).filter(({ role }) => role === 'system') as SystemMessage[]
  const all = [{ content: request.system ?? '' }, ...messages] as Omit<SystemMessage, 'role'>[]
  let isSpecial = false
  const content = all.flatMap(({ content: given, cache, providerOptions }) => {
    const parts = partsOf(given).filter(({ type }) => type === 'text')
    const pieces = encodeParts(parts, provider, marks)
    const piece = pieces.pop()
    if (piece === undefined) return []
    const last = withOptions(piece, compact({ providerOptions }), provider)
    marks.part(last, cache)
    isSpecial ||= [{ cache, providerOptions }, ...parts].some(
      (each) => marks.takes(each.cache) || each.providerOptions?.[provider] !== undefined,
    )
    return [...pieces, last]
  })
  return isSpecial ? { type: 'message', role: 'developer', content } : undefined
}

/** The input of one request. */
class Input {
  readonly #provider: string
  readonly #maker: string | undefined
  readonly #reasoning: ReasoningItems
  readonly #messages: MessageItems
  readonly #marks: CacheMarks
  /** The blocks that are there already: an item is refused the second time. */
  readonly #blocks = new Set<string>()
  /** What the result of a call has to repeat, by the id of the call. */
  readonly #calls = new Map<string, { isCustom: boolean; caller: unknown }>()

  constructor(model: string, traits: ModelTraits, provider: string, marks: CacheMarks) {
    this.#provider = provider
    this.#marks = marks
    this.#maker = makerOf(model)
    this.#reasoning = new ReasoningItems(model, traits)
    this.#messages = new MessageItems(model)
  }

  user(parts: readonly InputPart[]): Json[] {
    const content = encodeParts(parts, this.#provider, this.#marks)
    return content.length === 0 ? [] : [{ type: 'message', role: 'user', content }]
  }

  /**
   * Text, calls, and what this API made: reasoning and items without a kind of their own. It takes
   * back neither sources nor files by themselves.
   */
  assistant(parts: readonly OutputPart[]): Json[] {
    const items: Json[] = []
    let unsigned: string[] = []
    for (const [position, part] of parts.entries()) {
      if (part.type === 'source') {
        this.#messages.cite(part)
        continue
      }
      if (part.type === 'reasoning') {
        this.#messages.close()
        const item = this.#reasoning.itemOf(part, unsigned)
        if (item === undefined) unsigned.push(part.text)
        else {
          items.push(withOptions(item, part, this.#provider))
          unsigned = []
        }
        continue
      }
      const item = this.#itemOf(part, parts[position + 1], unsigned.length === 0)
      unsigned = []
      if (item !== undefined) items.push(withOptions(item, part, this.#provider))
    }
    this.#messages.close()
    // Reasoning that nothing follows is refused, such as that before a call that was never answered.
    while (items.at(-1)?.type === 'reasoning') items.pop()
    return items
  }

  results(results: readonly ToolResultPart[]): Json[] {
    return results.map((result) => {
      const { isCustom = false, caller } = this.#calls.get(result.id) ?? {}
      const type = isCustom ? 'custom_tool_call_output' : 'function_call_output'
      const output = this.#outputOf(result)
      const item = { type, call_id: result.id, output, ...compact({ caller }) }
      this.#marks.end(item, result.cache)
      return withOptions(item, result, this.#provider)
    })
  }

  #itemOf(part: OutputPart, next: OutputPart | undefined, hasAll: boolean): Json | undefined {
    if (part.type === 'text') {
      return part.text.trim() === '' ? undefined : this.#messages.itemOf(part, hasAll)
    }
    this.#messages.close()
    if (part.type === 'tool-call') return this.#call(part)
    return part.type === 'provider' ? this.#block(part, next) : undefined
  }

  #call(part: ToolCallPart): Json {
    const { id: call_id, name, input, custom } = part
    const fields = readCall(part.signature, this.#maker)
    const isCustom = custom === true && typeof input === 'string'
    this.#calls.set(call_id, { isCustom, caller: fields.caller })
    if (isCustom) return { type: 'custom_tool_call', call_id, name, input, ...fields }
    const text = toWellFormedJson(toArguments(part))
    return { type: 'function_call', call_id, name, arguments: text, ...fields }
  }

  #block(part: ProviderPart, next: OutputPart | undefined): Json | undefined {
    const data = blockFor('openai-responses', this.#maker, part)
    const item = data && isOwnItem(data) ? withImage(data, next) : undefined
    const id = textOf(item?.id)
    if (item === undefined || id === undefined) return item
    const key = `${String(item.type)} ${id}`
    if (this.#blocks.has(key)) return undefined
    this.#blocks.add(key)
    return item
  }

  /** A text, or parts of which the first is the text of the output. */
  #outputOf({ output, content, isError }: ToolResultPart): unknown {
    const parts = encodeParts(partsOf(content ?? []), this.#provider, this.#marks)
    const isEmpty = output === undefined || output === ''
    // This API has no field for a failure.
    const text = isError ? `Error: ${toText(output)}` : toText(output)
    if (parts.length === 0) return text
    return isEmpty && !isError ? parts : [{ type: 'input_text', text }, ...parts]
  }
}
