/**
 * What Mistral's models take, on its own API and on servers that use its tokenizer.
 *
 * As of 2026-11-30. Sources:
 * - efforts: the refusals in https://github.com/withceleste/celeste-python/pull/311 and
 *   https://github.com/anomalyco/models.dev/pull/1986
 * - ids of calls: https://github.com/anomalyco/opencode/issues/1680,
 *   https://github.com/pydantic/pydantic-ai/issues/3733
 * - order of roles: https://github.com/NousResearch/hermes-agent/issues/20154,
 *   https://github.com/datapizza-labs/datapizza-ai/issues/98
 *
 * @module
 */

import type { ModelTraits, Row } from './traits.js'

const traits: ModelTraits = { toolCallIds: 'nine-alphanumeric', assistantAfterTools: true }

export const mistralModels: readonly Row[] = [
  [
    // Small 4, Medium 3.5 and later, also by their dates
    /mistral-(small|medium)-(latest|2[6-9]|[4-9]|3[.-]5)|magistral-small-latest/,
    { ...traits, efforts: ['none', 'high'] },
  ],
  [/mistral|ministral|mixtral|magistral|codestral|devstral|pixtral/, { ...traits, efforts: [] }],
]
