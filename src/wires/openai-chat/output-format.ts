/**
 * Structured output in the words of the Chat Completions API.
 *
 * @module
 * @see https://platform.openai.com/docs/guides/structured-outputs
 */

import type { Json } from '../../base/read-json.js'
import type { JsonSchema } from '../../base/schema.js'
import {
  encodeSchema,
  type OutputMode,
  type OutputPlan,
  planOutput,
  type SchemaPlan,
} from '../output-plan.js'

export function planChatOutput(given: JsonSchema, mode: OutputMode = 'json-schema'): OutputPlan {
  const plan = planOutput(given, mode)
  return { ...plan, format: encodeFormat(plan) }
}

function encodeFormat(plan: SchemaPlan): Json | undefined {
  switch (plan.mode) {
    case 'json-schema':
      return { type: 'json_schema', json_schema: encodeSchema(plan) }
    case 'json-object':
      return { type: 'json_object' }
    case 'instructions':
      return undefined
  }
}
