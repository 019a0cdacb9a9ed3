/**
 * What a simulated model answers, independent of the wire it is sent over.
 *
 * @module
 */

import {
  anything,
  checkOptions,
  integer,
  list,
  oneOf,
  optionsOf,
  type Rules,
  record,
  required,
  string,
  text as textRule,
} from '../../base/check-options.js'
import type { Usage } from '../../base/events.js'
import { checkFault, type Fault } from './fault.js'
import { defaultAnswer, readConversation, tokensOf } from './request-conversation.js'
import { callsFor, readTurn } from './request-turn.js'
import { sampleOf, schemaOf } from './sample-json.js'

/** A string is short for `{ text }`. */
export type Answer = string | AnswerParts

/** What a simulated model answers, and how it fails. */
export interface AnswerParts {
  /**
   * Sent a word at a time.
   * @default a text that quotes the conversation and the results of tools, or simple JSON that fits
   * the schema of the request; empty with tool calls
   */
  text?: string
  /**
   * Comes before the text: `reasoning_content` on OpenAI's chat wire, the summary of a `reasoning` item on its Responses wire, a
   * `thinking` block on Anthropic's, parts with `thought` on Gemini's.
   */
  reasoning?: string
  /**
   * @default without a `text`: a call of each offered tool whose name, or the longer words of whose
   * name, are in the last user message, with arguments that fit its schema; none once there are
   * results. `tool_choice` is obeyed.
   */
  toolCalls?: readonly AnswerToolCall[]
  /** The phase of the text on the Responses wire: `commentary` or `final_answer`. Others have none. */
  phase?: string
  /**
   * In the provider's words. The Responses wire has none for an answer that is whole, and takes `length`, `max_output_tokens` or
   * `content_filter` for one that is not; Gemini's takes the words of OpenAI's chat wire too.
   *
   * @default that of a whole answer, with or without tool calls
   */
  finishReason?: string
  /**
   * Blocks that have no name of their own here, in the shape of the provider's wire: content blocks of Anthropic's, output items of the
   * Responses wire, parts of Gemini's, unknown tool calls of OpenAI's chat wire.
   */
  blocks?: readonly AnswerBlock[]
  /** @default counted: a word is a token */
  usage?: Usage
  /** Further fields of the usage as it is sent, such as a cost. */
  rawUsage?: Readonly<Record<string, unknown>>
  fault?: Fault
}

/** A raw block in an answer. */
export interface AnswerBlock {
  /** The part of the answer that it precedes. */
  before: 'reasoning' | 'text' | 'calls' | 'end'
  data: Readonly<Record<string, unknown>>
}

/** A call of a tool in an answer. */
export interface AnswerToolCall {
  /** @default made up in the provider's form */
  id?: string
  name: string
  /**
   * The arguments. A string is sent as it is, so that it need not be valid JSON; only Gemini's wire has room for nothing but an
   * object, and sends an empty one in its place.
   */
  input: unknown
}

const callRules: Rules<AnswerToolCall> = {
  id: textRule,
  name: required(textRule),
  input: anything,
}

const usageRules: Rules<Usage> = {
  inputTokens: integer,
  outputTokens: integer,
  totalTokens: integer,
  reasoningTokens: integer,
  cachedInputTokens: integer,
  cacheWriteInputTokens: integer,
}

const blockRules: Rules<AnswerBlock> = {
  before: required(oneOf('reasoning', 'text', 'calls', 'end')),
  data: required(record),
}

const answerRules: Rules<AnswerParts> = {
  text: string,
  reasoning: string,
  toolCalls: { ...list, each: optionsOf('an object with a name and an input', callRules) },
  phase: string,
  finishReason: string,
  blocks: { ...list, each: optionsOf('an object with before and data', blockRules) },
  usage: optionsOf('an object', usageRules),
  rawUsage: record,
  // checkFault() checks it.
  fault: record,
}

/** @throws TypeError for what is no answer */
export function checkAnswer(option: string, answer: unknown): void {
  if (typeof answer === 'string') return
  checkOptions(option, answer, answerRules, 'a text, or an object with parts of an answer')
  const { fault } = answer as AnswerParts
  if (fault !== undefined) checkFault(`${option}.fault`, fault)
}

/** An answer with nothing left to decide. */
export interface WholeAnswer {
  text: string
  textTokens: readonly string[]
  reasoning: string
  reasoningTokens: readonly string[]
  toolCalls: readonly { id: string | undefined; name: string; input: string }[]
  phase: string | undefined
  finishReason: string | undefined
  blocks: readonly AnswerBlock[]
  usage: Required<Usage>
  rawUsage: Readonly<Record<string, unknown>>
}

/** Fills in what the answer leaves open. */
export function completeAnswer(answer: Answer | undefined, body: unknown): WholeAnswer {
  const parts = typeof answer === 'string' ? { text: answer } : (answer ?? {})
  const conversation = readConversation(body)
  const turn = readTurn(body)
  const called: readonly AnswerToolCall[] =
    parts.toolCalls ?? (parts.text === undefined ? callsFor(body, turn) : [])
  const toolCalls = called.map(({ id, name, input }) => ({
    id,
    name,
    input: typeof input === 'string' ? input : (JSON.stringify(input) ?? '{}'),
  }))
  const schema = schemaOf(body)
  const answerText = (): string => {
    if (toolCalls.length > 0) return ''
    if (schema !== undefined) return JSON.stringify(sampleOf(schema), null, 1)
    return defaultAnswer(conversation, turn.results)
  }
  const text = parts.text ?? answerText()
  const reasoning = parts.reasoning ?? ''
  const textTokens = tokensOf(text)
  const reasoningTokens = tokensOf(reasoning)
  const toolTokens = toolCalls.flatMap(({ input }) => fragmentsOf(input))
  const asked = [conversation.system, ...conversation.messages.map((message) => message.text)]
  const inputTokens =
    parts.usage?.inputTokens ?? asked.reduce((sum, each) => sum + tokensOf(each).length + 3, 0)
  const outputTokens =
    parts.usage?.outputTokens ?? textTokens.length + reasoningTokens.length + toolTokens.length
  const usage: Required<Usage> = {
    totalTokens: inputTokens + outputTokens,
    reasoningTokens: reasoningTokens.length,
    cachedInputTokens: 0,
    cacheWriteInputTokens: 0,
    ...parts.usage,
    inputTokens,
    outputTokens,
  }
  const { phase, finishReason, blocks = [], rawUsage = {} } = parts
  return {
    text,
    textTokens,
    reasoning,
    reasoningTokens,
    toolCalls,
    phase,
    finishReason,
    blocks,
    usage,
    rawUsage,
  }
}

/** The pieces that the JSON arguments of a tool call arrive in. */
export function fragmentsOf(input: string): string[] {
  return input.match(/[^]{1,8}/gu) ?? []
}

/** The arguments where the wire has them as an object: an empty one where they are none. */
export function objectOf(input: string): object {
  try {
    const value: unknown = JSON.parse(input)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
  } catch {
    return {}
  }
}
