/**
 * Conversations cut to what fits.
 *
 * @module
 */

import { checkOptions, count, func, type Rules, required } from '../base/check-options.js'
import type { Message } from '../base/messages.js'
import { tokensOf } from '../base/usage.js'
import { toText } from '../wires/tool-texts.js'

/** Says what of a conversation is sent to the model; what is stored stays whole. */
export type SelectMessages = (
  /** The whole conversation with what was just said, oldest first. */
  messages: readonly Message[],
) => readonly Message[] | Promise<readonly Message[]>

/** What `lastMessages()` takes. */
export interface LastMessagesOptions {
  /** The budget for messages, in tokens: what `system` and the tools take comes on top. */
  maxTokens: number
  /**
   * What one message costs, in tokens. Without it there is an estimate: four bytes of text a token and four tokens a message; 1,000 for
   * each image or file.
   */
  countTokens?: (message: Message) => number
}

const rules: Rules<LastMessagesOptions> = { maxTokens: required(count), countTokens: func }

/**
 * Keeps the newest messages that fit into a budget, for `select`. It begins with a message of the user, never parts a tool call from its
 * result, and keeps every system message. If the newest turn alone exceeds the budget, its question and its newest tool calls stay,
 * and what is sent may exceed it.
 *
 * @throws TypeError for a bad option
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
  // Not even the newest turn fits: what was asked stays, and of the answer so far the newest steps.
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

/** Where a conversation may be cut: before each message that has no tool call before it with its result behind. */
function cutsOf(messages: readonly Message[]): number[] {
  const open = new Map<string, number>()
  /** How many pairs of call and result lie around each place. */
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

/** Bytes, not characters: texts in other scripts than Latin take more tokens a character, about as many as they take bytes. */
function estimateTokens({ content }: Message): number {
  if (typeof content === 'string') return tokensPerMessage + tokensOfText(content)
  let tokens = tokensPerMessage
  for (const part of content) {
    if (part.type === 'text' || part.type === 'reasoning') tokens += tokensOfText(part.text)
    else if (part.type === 'tool-call') tokens += tokensOfText(part.name + toText(part.input))
    else if (part.type === 'tool-result') tokens += tokensOfText(toText(part.output))
    else if (part.type !== 'source') tokens += tokensPerFile
  }
  return tokens
}

function tokensOfText(text: string): number {
  return tokensOf(encoder.encode(text).length)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
