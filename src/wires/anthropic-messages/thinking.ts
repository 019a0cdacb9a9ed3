/**
 * How a model is asked to think.
 *
 * @module
 * @see https://platform.claude.com/docs/en/build-with-claude/extended-thinking
 * @see https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking
 */

import type { Json } from '../../base/read-json.js'
import type { ReasoningEffort, StreamRequest } from '../../base/request.js'
import type { ClaudeTraits } from '../models/claude.js'
import { nearestEffort } from '../models/traits.js'

export interface Thinking {
  /** The request's field; undefined if the model is not asked to think. */
  thinking: Json | undefined
  effort: string | undefined
  /** The part of the limit that is for thinking alone, in tokens. */
  budget: number
}

/** Efforts as budgets, in tokens. The minimum is 1,024. */
const effortBudgets = {
  minimal: 1024,
  low: 2048,
  medium: 8192,
  high: 24_576,
  xhigh: 40_960,
  max: 63_000,
}

/** The part of the limit that is left for the answer at least, in tokens. */
const minAnswer = 1024

interface Circumstances {
  /** Whether the model continues a turn that did not begin with thinking. */
  resumes: boolean
  /** Whether there are tools, the provider's own included. */
  hasTools: boolean
}

export function encodeThinking(
  { reasoning, toolChoice }: StreamRequest,
  claude: ClaudeTraits,
  { resumes, hasTools }: Circumstances,
): Thinking {
  // A forced call and thinking exclude each other, also where a model thinks unasked.
  const isForced = hasTools && (typeof toolChoice === 'object' || toolChoice === 'required')
  const canStop = claude.thinking === 'adaptive' && claude.thinkingOff === 'disabled'
  if (isForced) return canStop ? withoutThinking(claude) : unasked
  if (reasoning === undefined) return unasked
  const { effort, budgetTokens } = reasoning
  if (effort === 'none') return withoutThinking(claude)
  const adaptive =
    claude.thinking === 'adaptive' || (claude.thinking === 'both' && budgetTokens === undefined)
  if (adaptive) {
    // The newest models send no thoughts unless asked to.
    const display = claude.thinking === 'adaptive' ? { display: 'summarized' } : {}
    return {
      thinking: { type: 'adaptive', ...display },
      effort: effortOf(effort, budgetTokens, claude.efforts),
      budget: 0,
    }
  }
  const wanted = budgetTokens ?? (effort && effortBudgets[effort])
  if (wanted === undefined || resumes) return unasked
  const most = Math.max(claude.maxTokens - minAnswer, effortBudgets.minimal)
  const budget = Math.min(Math.max(wanted, effortBudgets.minimal), most)
  return { thinking: { type: 'enabled', budget_tokens: budget }, effort: undefined, budget }
}

const unasked: Thinking = { thinking: undefined, effort: undefined, budget: 0 }

/** Switches thinking off, or as far down as the model allows. */
function withoutThinking({ thinkingOff, efforts }: ClaudeTraits): Thinking {
  if (thinkingOff === 'omit') return unasked
  return thinkingOff === 'never'
    ? { ...unasked, effort: nearestEffort('none', efforts) }
    : { ...unasked, thinking: { type: thinkingOff } }
}

/** The effort to be sent. Without one, the budget stands for it. */
function effortOf(
  effort: ReasoningEffort | undefined,
  budgetTokens: number | undefined,
  efforts: readonly ReasoningEffort[],
): string | undefined {
  if (effort !== undefined) return nearestEffort(effort, efforts)
  if (budgetTokens === undefined) return undefined
  if (budgetTokens <= effortBudgets.low) return 'low'
  return budgetTokens <= effortBudgets.medium ? 'medium' : 'high'
}
