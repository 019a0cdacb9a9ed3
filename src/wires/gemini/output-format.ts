/**
 * Structured output in the words of Gemini.
 *
 * @module
 * @see https://ai.google.dev/gemini-api/docs/structured-output
 */

import type { StreamRequest } from '../../base/request.js'
import type { JsonSchema } from '../../base/schema.js'
import { type OutputPlan, planOutput } from '../output-plan.js'
import { combinesToolsAndOutput } from './thinking.js'

/**
 * Any schema may be the root here, and keywords that are not known do no harm. Models that refuse JSON beside tools are told in the
 * instructions.
 */
export function planGeminiOutput(
  given: JsonSchema,
  tools: StreamRequest['tools'],
  model: string,
): OutputPlan {
  const hasTools = tools !== undefined && Object.keys(tools).length > 0
  if (hasTools && !combinesToolsAndOutput(model)) return planOutput(given, 'instructions', false)
  const plan = planOutput(given, 'json-schema', false)
  const format = { responseMimeType: 'application/json', responseJsonSchema: plan.schema }
  return { ...plan, format }
}
