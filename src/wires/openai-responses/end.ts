/**
 * The end of a response in the provider's own words.
 *
 * @module
 */

import type { RawEnd } from '../../base/events.js'
import { compact, isRecord, type Json } from '../../base/read-json.js'

/** Fields that repeat the request, that have a place of their own, or that are the answer itself. */
const otherwiseKnown = new Set([
  'id',
  'object',
  'model',
  'output',
  'output_text',
  'status',
  'incomplete_details',
  'error',
  'usage',
  'background',
  'frequency_penalty',
  'include',
  'input',
  'instructions',
  'max_output_tokens',
  'max_tool_calls',
  'moderation_options',
  'parallel_tool_calls',
  'presence_penalty',
  'previous_response_id',
  'prompt',
  'prompt_cache_key',
  'prompt_cache_options',
  'prompt_cache_retention',
  'reasoning',
  'safety_identifier',
  'store',
  'stream',
  'temperature',
  'text',
  'tool_choice',
  'tools',
  'top_logprobs',
  'top_p',
  'truncation',
  'user',
])

/**
 * What the last event of a response says beside the answer: the usage as sent, the status and its
 * details, and all else that does not repeat the request, such as the service tier, moderation,
 * costs, and the use of the server's tools.
 */
export function readEnd(response: Json): RawEnd {
  const { usage, status, incomplete_details: details, error } = response
  const finish = present({ status, incomplete_details: details, error })
  const others = Object.entries(response).filter(([name]) => !otherwiseKnown.has(name))
  return {
    ...present(Object.fromEntries(others)),
    ...compact({
      usage: usage ?? undefined,
      finish: Object.keys(finish).length === 0 ? undefined : finish,
    }),
  }
}

/** Without what is empty, since servers write out fields that they do not use. */
function present(fields: Json): Json {
  const entries = Object.entries(fields).filter(([, value]) => {
    if (value === null || value === undefined) return false
    return typeof value !== 'object' || Object.keys(value).length > 0
  })
  return Object.fromEntries(entries)
}

/** More tokens than models write, so that a server without an end fills no memory. */
const maxTokens = 200_000

/** The log probabilities of the tokens of an answer, if they were requested. */
export class Logprobs {
  readonly #all: unknown[] = []
  /** Parts of the answer, by item and content, whose tokens came one by one. */
  readonly #streamed = new Set<unknown>()

  get all(): readonly unknown[] | undefined {
    return this.#all.length > 0 ? this.#all : undefined
  }

  delta(event: Json): void {
    if (this.#add(event.logprobs)) this.#streamed.add(placeOf(event))
  }

  /** All tokens of a part, which repeat those that came one by one. */
  done(event: Json): void {
    const place = placeOf(event)
    if (!this.#streamed.has(place) && this.#add(event.logprobs)) this.#streamed.add(place)
  }

  #add(tokens: unknown): boolean {
    if (!Array.isArray(tokens) || tokens.length === 0) return false
    for (const token of tokens) {
      if (this.#all.length < maxTokens && isRecord(token)) this.#all.push(token)
    }
    return true
  }
}

function placeOf({ output_index: item, content_index: part }: Json): string {
  return `${String(item)} ${String(part)}`
}
