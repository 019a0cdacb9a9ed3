/**
 * What the generations of Gemini want to know about thinking, and where else they differ.
 *
 * @module
 * @see https://ai.google.dev/gemini-api/docs/thinking
 */

import type { StreamRequest } from '../../base/request.js'
import { canThink, isThirdGeneration } from '../models/gemini.js'
import type { Json } from '../read-json.js'

/** Efforts as budgets for the models before Gemini 3, in tokens: within what each of them takes. */
const effortBudgets = { minimal: 512, low: 2048, medium: 8192, high: 24_576 }

/**
 * Gemini 3 and later take an effort as a level, the models before it as a budget; both at once are refused. A budget is sent as
 * it is given.
 */
export function encodeThinking(
  reasoning: StreamRequest['reasoning'],
  model: string,
): Json | undefined {
  if (reasoning === undefined || !canThink(model)) return undefined
  const { budgetTokens, effort } = reasoning
  if (budgetTokens !== undefined) {
    // A model that shall not think has no thoughts to include.
    return { thinkingBudget: budgetTokens, includeThoughts: budgetTokens !== 0 }
  }
  if (effort === undefined) return { includeThoughts: true }
  return isThirdGeneration(model)
    ? { thinkingLevel: levelOf(effort, model), includeThoughts: true }
    : { thinkingBudget: effortBudgets[effort], includeThoughts: true }
}

/** The Pro models do not know all levels; the next one that they know is taken. */
function levelOf(effort: keyof typeof effortBudgets, model: string): string {
  if (effort === 'minimal' && model.includes('pro')) return 'low'
  if (effort === 'medium' && model.includes('gemini-3-pro')) return 'high'
  return effort
}

/** Whether tools and a schema for the output may stand in one request. */
export function combinesToolsAndOutput(model: string): boolean {
  return isThirdGeneration(model)
}
