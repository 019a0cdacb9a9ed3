/**
 * Shortens conversations to a budget of tokens.
 *
 * @module
 */

import { checkOptions, count, func, type Rules, required } from '../base/check-options.js'
import type { Message } from '../base/messages.js'
import { tokensOf } from '../base/usage.js'
import { toText } from '../wires/tool-texts.js'

/** What `select` receives, in addition to the messages. */
export interface SelectContext {
  /** The id of the conversation, such as for a summary that is kept elsewhere. */
  id: string
  /** Aborts when the turn ends. Pass it to requests. */
  signal: AbortSignal
}

/** Selects the messages that are sent to the model. All messages stay stored. */
export type SelectMessages = (
  /** The whole conversation with the input of this turn, oldest message first. */
  messages: readonly Message[],
  context: SelectContext,
) => readonly Message[] | Promise<readonly Message[]>

/** Options of `lastMessages()`. */
export interface LastMessagesOptions {
  /** The budget for messages, in tokens. Does not include `system` and the tools. */
  maxTokens: number
  /**
   * Counts the tokens of one message.
   * @default estimateTokens
   */
  countTokens?: (message: Message) => number
}

const rules: Rules<LastMessagesOptions> = { maxTokens: required(count), countTokens: func }

/**
 * Creates a `select` function that keeps the newest messages within a budget. The result begins
 * with a user message, keeps tool calls together with their results, and keeps every system
 * message. If the newest turn alone exceeds the budget, its user message and its newest tool calls
 * are kept, and the result may exceed the budget.
 *
 * @throws TypeError for an invalid option
 */
export function lastMessages(
  options: LastMessagesOptions,
): (messages: readonly Message[]) => Message[] {
  checkOptions('', options, rules, 'an object with maxTokens')
  const { maxTokens, countTokens = estimateTokens } = options
  return (messages) => {
    const system = messages.filter(({ role }) => role === 'system')
    const rest = messages.filter(({ role }) => role !== 'system')
    const budget = maxTokens - sum(system.map(countTokens))
    const kept = new Set([...system, ...fit(rest, rest.map(countTokens), budget)])
    return messages.filter((message) => kept.has(message))
  }
}

function fit(messages: readonly Message[], costs: readonly number[], budget: number): Message[] {
  const cuts = cutsOf(messages)
  const all = sum(costs)
  let before = 0
  const costFrom = costs.map((cost) => {
    before += cost
    return all - before + cost
  })
  const fits = (cut: number, room: number): boolean => (costFrom[cut] ?? 0) <= room
  const starts = cuts.filter((cut) => messages[cut]?.role === 'user')
  const start = starts.find((cut) => fits(cut, budget))
  if (start !== undefined) return messages.slice(start)
  // Not even the newest turn fits: keep its question, and the newest steps of the answer so far.
  const newest = starts.at(-1)
  if (newest === undefined) return [...messages]
  const question = messages.slice(newest).findIndex(({ role }) => role !== 'user')
  if (question === -1) return messages.slice(newest)
  const answer = newest + question
  const left = budget - sum(costs.slice(newest, answer))
  const steps = cuts.filter((cut) => cut >= answer)
  const step = steps.find((cut) => fits(cut, left)) ?? steps.at(-1) ?? answer
  return [...messages.slice(newest, answer), ...messages.slice(step)]
}

/**
 * The positions at which a conversation may be cut: everywhere but between a tool call and its
 * result.
 */
function cutsOf(messages: readonly Message[]): number[] {
  const open = new Map<string, number>()
  /** 1 for each position between a tool call and its result. */
  const around = messages.map(() => 0)
  for (const [position, message] of messages.entries()) {
    if (message.role === 'assistant' && typeof message.content !== 'string') {
      for (const part of message.content) if (part.type === 'tool-call') open.set(part.id, position)
    } else if (message.role === 'tool') {
      for (const { id } of message.content) {
        const from = open.get(id) ?? position
        for (let place = from + 1; place <= position; place++) around[place] = 1
      }
    }
  }
  return [...messages.keys()].filter(
    (place) => around[place] === 0 && messages[place]?.role !== 'tool',
  )
}

const tokensPerMessage = 4
const tokensPerFile = 1_000
const encoder = new TextEncoder()

/**
 * Estimates the tokens of a message: one for four bytes of text, four for the message itself, and
 * 1,000 for each image or file. The error is large for code and for languages that models have seen
 * little of.
 */
export function estimateTokens({ content }: Message): number {
  if (typeof content === 'string') return tokensPerMessage + tokensOfText(content)
  let tokens = tokensPerMessage
  for (const part of content) {
    if (part.type === 'text' || part.type === 'reasoning') tokens += tokensOfText(part.text)
    else if (part.type === 'tool-call') tokens += tokensOfText(part.name + toText(part.input))
    else if (part.type === 'tool-result') {
      tokens += tokensOfText(toText(part.output))
      for (const each of part.content ?? []) {
        tokens += each.type === 'text' ? tokensOfText(each.text) : tokensPerFile
      }
    } else if (part.type === 'provider') tokens += tokensOfText(toText(part.data))
    else if (part.type !== 'source') tokens += tokensPerFile
  }
  return tokens
}

/**
 * Counts bytes instead of characters, because scripts other than Latin take more tokens per
 * character, in proportion to their bytes.
 */
function tokensOfText(text: string): number {
  return tokensOf(encoder.encode(text).length)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
