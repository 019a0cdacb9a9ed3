/**
 * Structured output in the words of the Responses API.
 *
 * @module
 * @see https://platform.openai.com/docs/guides/structured-outputs
 */

import type { JsonSchema } from '../../base/schema.js'
import { encodeSchema, type OutputPlan, planOutput } from '../output-plan.js'

export function planResponsesOutput(given: JsonSchema): OutputPlan {
  const plan = planOutput(given, 'json-schema')
  return { ...plan, format: { type: 'json_schema', ...encodeSchema(plan) } }
}
