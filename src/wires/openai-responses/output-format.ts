/**
 * Structured output in the words of the Responses API.
 *
 * @module
 * @see https://platform.openai.com/docs/guides/structured-outputs
 */

import type { OutputSchema } from '../../messages.js'
import { encodeSchema, type OutputPlan, planOutput } from '../output.js'

export function planResponsesOutput(output: OutputSchema): OutputPlan {
  const plan = planOutput(output, 'json-schema')
  return { ...plan, format: { type: 'json_schema', ...encodeSchema(plan) } }
}
