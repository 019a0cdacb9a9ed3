/**
 * Token counts, added up and estimated.
 *
 * @module
 */

import type { Usage, UsageSum } from './events.js'
import type { AssistantMessage, InputPart, ToolResultPart } from './messages.js'
import type { StreamRequest } from './request.js'

/**
 * English text has about four characters a token on all current tokenizers, and other scripts have
 * about four bytes a token.
 */
const unitsPerToken = 4

/**
 * Estimates the tokens of a text.
 *
 * @param length - in characters, or in bytes, which is closer for scripts other than Latin
 */
export function tokensOf(length: number): number {
  return Math.ceil(length / unitsPerToken)
}

const counts = [
  'inputTokens',
  'outputTokens',
  'totalTokens',
  'reasoningTokens',
  'cachedInputTokens',
  'cacheWriteInputTokens',
] as const satisfies readonly (keyof Usage)[]

/** The sum; a count that neither has stays absent. */
export function addUsage(first: UsageSum, second: UsageSum): UsageSum {
  const sum: UsageSum = {}
  for (const name of counts) {
    const one = first[name]
    const other = second[name]
    if (one !== undefined || other !== undefined) sum[name] = (one ?? 0) + (other ?? 0)
  }
  if (first.estimated || second.estimated) sum.estimated = true
  return sum
}

/** Whether nothing is known. */
export function isEmpty(usage: UsageSum): boolean {
  return Object.keys(usage).length === 0
}

/**
 * What an attempt cost that ended before the provider said it: what it said, completed by the length of what was sent and of what
 * came. An attempt that brought nothing and said nothing was refused, as far as anybody can tell, and cost nothing.
 *
 * @param came - the length of the content, in characters
 */
export function estimateUsage(said: UsageSum, request: StreamRequest, came: number): UsageSum {
  const { inputTokens: input, outputTokens: output } = said
  if (came === 0 && input === undefined && output === undefined) return said
  if (input !== undefined && (output !== undefined || came === 0)) return said
  const inputTokens = input ?? tokensOf(lengthOfRequest(request))
  const outputTokens = output ?? tokensOf(came)
  const totalTokens = inputTokens + outputTokens
  return { ...said, inputTokens, outputTokens, totalTokens, estimated: true }
}

/** The same of the answer alone. */
export function estimateOutput(said: UsageSum, came: number): UsageSum {
  if (said.outputTokens !== undefined) return said
  return { ...said, outputTokens: tokensOf(came), estimated: true }
}

/** Texts only: what an image or a file costs is each provider's own rule. */
function lengthOfRequest({ system = '', prompt = '', messages = [] }: StreamRequest): number {
  let length = system.length + prompt.length
  for (const { content } of messages) {
    if (typeof content === 'string') length += content.length
    else for (const part of content) length += lengthOfPart(part)
  }
  return length
}

type Part = InputPart | ToolResultPart | Exclude<AssistantMessage['content'], string>[number]

function lengthOfPart(part: Part): number {
  switch (part.type) {
    case 'text':
    case 'reasoning':
      return part.text.length
    case 'tool-call':
      return part.name.length + lengthOfJson(part.input)
    case 'tool-result':
      return lengthOfJson(part.output)
    default:
      return 0
  }
}

function lengthOfJson(value: unknown): number {
  if (typeof value === 'string') return value.length
  try {
    return JSON.stringify(value)?.length ?? 0
  } catch {
    return 0
  }
}
