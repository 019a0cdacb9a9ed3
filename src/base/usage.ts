/**
 * Adds and estimates token counts.
 *
 * @module
 */

import type { Usage, UsageSum } from './events.js'
import type { InputPart, OutputPart, ToolMessage } from './messages.js'
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

/** The sum of two usages. A count that is absent from both stays absent. */
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

/** Whether no counts are known. */
export function isEmpty(usage: UsageSum): boolean {
  return Object.keys(usage).length === 0
}

/**
 * Completes the usage of an attempt that ended before the provider reported all of it, by the
 * length of the request and of the content. An attempt without content and without reported usage
 * counts as refused, at no cost.
 *
 * @param came - the length of the received content, in characters
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

/** Completes the output tokens only. */
export function estimateOutput(said: UsageSum, came: number): UsageSum {
  if (said.outputTokens !== undefined) return said
  return { ...said, outputTokens: tokensOf(came), estimated: true }
}

/**
 * The length of all text. Images and files are not counted, because each provider has its own rule
 * for them.
 */
function lengthOfRequest({ system = '', prompt = '', messages = [] }: StreamRequest): number {
  let length = prompt.length
  if (typeof system === 'string') length += system.length
  else for (const part of system) length += part.text.length
  for (const { content } of messages) {
    if (typeof content === 'string') length += content.length
    else for (const part of content) length += lengthOfPart(part)
  }
  return length
}

type Part = InputPart | ToolMessage['content'][number] | OutputPart

function lengthOfPart(part: Part): number {
  switch (part.type) {
    case 'text':
    case 'reasoning':
      return part.text.length
    case 'tool-call':
      return part.name.length + lengthOfJson(part.input)
    case 'tool-result':
      return (part.content ?? []).reduce(
        (length, each) => length + lengthOfPart(each),
        lengthOfJson(part.output),
      )
    case 'provider':
      return lengthOfJson(part.data)
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
