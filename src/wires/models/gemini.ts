/**
 * What the generations of Gemini take, on Google's own wire format and on OpenAI's.
 *
 * As of 2026-11-30. Sources:
 * - thinking: https://ai.google.dev/gemini-api/docs/thinking and
 *   https://docs.cloud.google.com/gemini-enterprise-agent-platform/models/thinking
 * - signatures: https://ai.google.dev/gemini-api/docs/thought-signatures
 * - results with images: https://ai.google.dev/gemini-api/docs/function-calling
 * - resolution of a part: https://ai.google.dev/gemini-api/docs/media-resolution
 * - server tools beside functions: https://ai.google.dev/gemini-api/docs/tool-combination
 *
 * @module
 */

import { compact } from '../../base/read-json.js'
import type { ReasoningEffort } from '../../base/request.js'

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

/** All levels that the API has a word for. */
const allLevels = ['minimal', 'low', 'medium', 'high'] as const

/** Rows of models, by their names without a path. The first that matches counts. */
const table: readonly (readonly [RegExp, Partial<GeminiTraits>])[] = [
  [/^gemini-(?:1|2\.0)(?!.*thinking)/, { thinking: 'none' }],
  [/^gemini-2\.5-.*(?:image|tts)/, { thinking: 'none' }],
  [/^gemma-[1-3]/, { thinking: 'none' }],
  [/^gemini-2\.5-pro/, { thinking: 'budget', minBudget: 128 }],
  [/^gemini-3-pro/, { thinking: 'level', levels: ['low', 'high'] }],
  [
    /^gemini-(?:3\.\d+-pro|3\.[78]-flash(?!-lite)|4)|^gemini-(?:pro|flash)-latest/,
    { thinking: 'level', levels: ['low', 'medium', 'high'] },
  ],
]

/**
 * The traits of a model by its name. A later generation takes every level that the API has. For any
 * other name, such as a tuned model, an effort is sent as a budget, which all generations take.
 *
 * @param traits - the caller's own, which override those of the table
 */
export function describeGemini(model: string, traits: Partial<GeminiTraits> = {}): GeminiTraits {
  const name = nameOf(model)
  return {
    thinking: isThirdGeneration(model) ? 'level' : 'budget',
    levels: allLevels,
    minBudget: 0,
    ...table.find(([pattern]) => pattern.test(name))?.[1],
    ...compact(traits),
  }
}

/**
 * Whether a model is of the third generation or later, by its name: `gemini-3-pro-preview`, and
 * `gemini-flash-latest`, which means the newest one.
 */
export function isThirdGeneration(model: string): boolean {
  return /^gemini-(?:[3-9]|\d{2}|[a-z-]*latest)/.test(nameOf(model))
}

/** Without the path: `publishers/google/models/gemini-2.5-pro`. */
function nameOf(model: string): string {
  return model.slice(model.lastIndexOf('/') + 1).toLowerCase()
}

/**
 * From the third generation on, a turn is refused whose first call has no signature. Calls that
 * another model made have none; Google names this word for them.
 */
export const unsigned = 'skip_thought_signature_validator'
