/**
 * Recognises the usual chunk of Chat Completions, which adds text or reasoning and nothing else.
 *
 * @module
 */

import { isRecord, type Json } from '../../base/read-json.js'
import { reasoningTextOf } from './reasoning.js'

/** Strings that OpenAI and Mistral add to chunks, so that their length says nothing about the text. */
export const paddings = { obfuscation: 'filler', p: 'filler' } as const

/** The field of the delta with its only text; undefined if the chunk holds anything else. */
export function usualField({ choices }: Json): string | undefined {
  const [choice, further] = choices as readonly unknown[]
  if (!isRecord(choice) || further !== undefined) return undefined
  const { index, delta, logprobs, token_ids } = choice
  if (Number(index ?? 0) !== 0 || !isRecord(delta)) return undefined
  if (isRecord(logprobs) || Array.isArray(token_ids)) return undefined
  const names = Object.keys(delta).filter((name) => name !== 'role' && !isEmpty(delta[name]))
  const [name, another] = names
  if (name === undefined || another !== undefined) return undefined
  const text = name === 'content' ? delta.content : reasoningTextOf(delta)
  return typeof text === 'string' ? name : undefined
}

export function deltaOf({ choices }: Json): Json {
  return (choices as readonly { delta: Json }[])[0]?.delta ?? {}
}

function isEmpty(value: unknown): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0)
}
