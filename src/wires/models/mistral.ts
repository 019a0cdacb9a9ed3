/**
 * What Mistral's models take, on its own API and on servers that use its tokenizer.
 *
 * As of 2026-11-30. Sources:
 * - efforts: the refusals in https://github.com/withceleste/celeste-python/pull/311 and
 *   https://github.com/anomalyco/models.dev/pull/1986
 * - ids of calls: https://github.com/anomalyco/opencode/issues/1680,
 *   https://github.com/pydantic/pydantic-ai/issues/3733
 *
 * @module
 */

import type { Row } from './traits.js'

const toolCallIds = 'nine-alphanumeric'

export const mistralModels: readonly Row[] = [
  [
    // Small 4, Medium 3.5 and later, also by their dates
    /mistral-(small|medium)-(latest|2[6-9]|[4-9]|3[.-]5)|magistral-small-latest/,
    { efforts: ['none', 'high'], toolCallIds },
  ],
  [/mistral|ministral|mixtral|magistral|codestral|devstral|pixtral/, { efforts: [], toolCallIds }],
]
