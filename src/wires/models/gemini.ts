/**
 * What the generations of Gemini take, on Google's own wire format and on OpenAI's.
 *
 * As of 2026-11-30. Sources:
 * - thinking: https://ai.google.dev/gemini-api/docs/thinking
 * - signatures: https://ai.google.dev/gemini-api/docs/thought-signatures
 *
 * @module
 */

import type { ReasoningEffort } from '../../base/request.js'
import { compact } from '../read-json.js'

/** What a model takes on the Gemini API. */
export interface GeminiTraits {
  /**
   * How thinking is requested: by a level, or by a budget in tokens. `none`: the model refuses
   * anything about thinking.
   */
  readonly thinking: 'level' | 'budget' | 'none'
  /** The levels that the model takes, in ascending order. */
  readonly levels: readonly ReasoningEffort[]
  /** The smallest budget that the model takes, in tokens; 0 switches thinking off. */
  readonly minBudget: number
}

/**
 * The traits of a model by its name.
 *
 * @param traits - the caller's own, which override those of the generation
 */
export function describeGemini(model: string, traits: Partial<GeminiTraits> = {}): GeminiTraits {
  const isPro = model.includes('pro')
  const levels: readonly ReasoningEffort[] = model.includes('gemini-3-pro')
    ? ['low', 'high']
    : isPro
      ? ['low', 'medium', 'high']
      : ['minimal', 'low', 'medium', 'high']
  return {
    thinking: isThirdGeneration(model) ? 'level' : canThink(model) ? 'budget' : 'none',
    levels,
    minBudget: isPro ? 128 : 0,
    ...compact(traits),
  }
}

/** By the name: `gemini-3-pro-preview`, and `gemini-flash-latest`, which means the newest one. */
export function isThirdGeneration(model: string): boolean {
  return /gemini-(?:[3-9]|\d{2})|gemini-.*latest/.test(model)
}

function canThink(model: string): boolean {
  return !/gemini-(?:1|2\.0)/.test(model) || model.includes('thinking')
}

/**
 * From the third generation on, a turn is refused whose first call has no signature. Calls that
 * another model made have none; Google names this word for them.
 */
export const unsigned = 'skip_thought_signature_validator'
