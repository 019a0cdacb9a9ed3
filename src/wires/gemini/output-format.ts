/**
 * Structured output in the words of Gemini.
 *
 * @module
 * @see https://ai.google.dev/gemini-api/docs/structured-output
 */

import type { StreamRequest } from '../../base/request.js'
import type { JsonSchema } from '../../base/schema.js'
import { type OutputPlan, planOutput } from '../output-plan.js'
import { bodyOptions, type WireSettings } from '../provider-options.js'
import { combinesToolsAndOutput } from './thinking.js'

/**
 * Plans structured output. Any schema may be the root here, and keywords that are not known do no
 * harm. Models that refuse JSON alongside tools, the server's own included, get the schema in the
 * instructions.
 */
export function planGeminiOutput(
  given: JsonSchema,
  request: StreamRequest,
  model: string,
  { provider = 'gemini', body }: Pick<WireSettings, 'provider' | 'body'> = {},
): OutputPlan {
  const { tools = [] } = bodyOptions(request, provider, body, ['tools'])
  const hasTools = Object.keys({ ...request.tools, ...(tools as object) }).length > 0
  if (hasTools && !combinesToolsAndOutput(model)) return planOutput(given, 'instructions', false)
  const plan = planOutput(given, 'json-schema', false)
  const format = { responseMimeType: 'application/json', responseJsonSchema: plan.schema }
  return { ...plan, format }
}
