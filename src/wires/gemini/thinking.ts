/**
 * How a Gemini model is asked to think.
 *
 * @module
 * @see https://ai.google.dev/gemini-api/docs/thinking
 */

import { compact, type Json } from '../../base/read-json.js'
import type { StreamRequest } from '../../base/request.js'
import { type GeminiTraits, isThirdGeneration } from '../models/gemini.js'
import { nearestEffort } from '../models/traits.js'

/** Efforts as budgets, in tokens, within what each model before Gemini 3 takes. */
const effortBudgets = {
  none: 0,
  minimal: 512,
  low: 2048,
  medium: 8192,
  high: 24_576,
  xhigh: 24_576,
  max: 24_576,
}

/**
 * Gemini 3 and later take an effort as a level, the models before it as a budget; both at once are
 * refused. A budget is sent as it is given.
 */
export function encodeThinking(
  reasoning: StreamRequest['reasoning'],
  { thinking, levels, minBudget }: GeminiTraits,
): Json | undefined {
  if (reasoning === undefined || thinking === 'none') return undefined
  const { budgetTokens, effort } = reasoning
  if (budgetTokens !== undefined) return withBudget(budgetTokens)
  if (effort === undefined) return { includeThoughts: true }
  if (thinking === 'budget') {
    const config = withBudget(Math.max(effortBudgets[effort], minBudget))
    return effort === 'none' ? { ...config, includeThoughts: false } : config
  }
  return compact({
    thinkingLevel: nearestEffort(effort, levels),
    includeThoughts: effort !== 'none',
  })
}

/** A model that does not think has no thoughts to include. */
function withBudget(thinkingBudget: number): Json {
  return { thinkingBudget, includeThoughts: thinkingBudget !== 0 }
}

/** Whether tools and a schema for the output may stand in one request. */
export function combinesToolsAndOutput(model: string): boolean {
  return isThirdGeneration(model)
}
