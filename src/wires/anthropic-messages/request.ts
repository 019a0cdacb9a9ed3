/**
 * Writes requests for the Messages API.
 *
 * @module
 * @see https://docs.anthropic.com/en/api/messages
 */

import { compact, type Json } from '../../base/read-json.js'
import type { StreamRequest } from '../../base/request.js'
import { type ClaudeTraits, describeClaude } from '../models/claude.js'
import type { OutputPlan } from '../output-plan.js'
import { bodyOptions, mergeOptions, type WireSettings } from '../provider-options.js'
import { checkMessages, messagesOf } from '../request-messages.js'
import { makerOf } from '../signature.js'
import { CacheMarks } from './cache-marks.js'
import { encodeMessages, type MessageParam } from './messages.js'
import { isThinking } from './settle-turns.js'
import { encodeSystem } from './system.js'
import { encodeThinking } from './thinking.js'
import { encodeToolChoice, encodeTools, formerTools } from './tools.js'

/**
 * Writes the body of a request.
 *
 * The API requires a limit. The default is long enough for any answer, and within what the model may
 * write: 64,000 tokens from Claude 4.5 on, 32,000 for 3.7 to 4.1, 8,192 for 3.5 and for other makers'
 * models, 4,096 before.
 *
 * @param output - the plan of `planMessagesOutput`, if structured output is requested
 * @throws StreamError `invalid-request` if nothing is to be sent
 */
export function encodeMessagesRequest(
  request: StreamRequest,
  model: string,
  { provider = 'anthropic', traits, body: constant }: WireSettings<Partial<ClaudeTraits>> = {},
  output?: OutputPlan,
): Json {
  const claude = describeClaude(model, traits)
  const options = bodyOptions(request, provider, constant, joined)
  const context = { provider, maker: makerOf(model), marks: new CacheMarks() }
  const ownTools = encodeTools(request.tools, provider, context.marks)
  const system = encodeSystem(request, context, output?.instructions)
  const messages = encodeMessages(messagesOf(request), context)
  const hasTools = ownTools.length > 0 || (Array.isArray(options.tools) && options.tools.length > 0)
  const resumes = resumesUnthought(messages)
  const { thinking, effort, budget } = encodeThinking(request, claude, { resumes, hasTools })
  // White space alone is refused.
  const stopSequences = request.stopSequences?.filter((text) => text.trim() !== '')
  const outputConfig = compact({ format: output?.format, effort })
  const body: Json = {
    model,
    // Thinking counts against the limit, so its budget is added.
    max_tokens: Math.min(
      (request.maxOutputTokens ?? claude.defaultMaxTokens) + budget,
      Math.max(claude.maxTokens, request.maxOutputTokens ?? 0),
    ),
    messages,
    stream: true,
    ...compact({
      system,
      // Refused together with thinking.
      ...(thinking === undefined || thinking.type === 'disabled'
        ? encodeSampling(request, claude)
        : {}),
      stop_sequences: stopSequences?.length ? stopSequences : undefined,
      thinking,
      ...(hasTools
        ? {
            tools: ownTools.length > 0 ? ownTools : undefined,
            tool_choice: encodeToolChoice(request.toolChoice),
          }
        : formerTools(messages)),
      output_config: Object.keys(outputConfig).length === 0 ? undefined : outputConfig,
    }),
  }
  const whole = mergeOptions(body, options, joined)
  // Other makers cache without being asked, and may refuse the field.
  const asks = context.maker === undefined || context.maker === 'anthropic'
  context.marks.place(whole, asks ? request.cache : undefined)
  return checkMessages(whole)
}

/** Lists that are joined to those of `providerOptions`. */
const joined = ['tools']

/** What the model would refuse is left out, so that one request can go to any model. */
function encodeSampling({ temperature, topP }: StreamRequest, { sampling }: ClaudeTraits): Json {
  if (sampling === 'none') return {}
  const both = sampling === 'both' || temperature === undefined
  return compact({ temperature, top_p: both ? topP : undefined })
}

/**
 * Whether the results of calls go back to a turn that did not begin with thinking, such as another
 * model's. A model with a budget may not begin to think in the middle of a turn.
 */
function resumesUnthought(messages: readonly MessageParam[]): boolean {
  const answered = messages.at(-1)?.content.some(({ type }) => type === 'tool_result')
  // A summary of what was before stands in front of the turn.
  const first = messages.at(-2)?.content.find(({ type }) => type !== 'compaction')
  return answered === true && !isThinking(first)
}
