/**
 * What xAI's models take.
 *
 * As of 2026-11-30. Sources:
 * - efforts: https://docs.x.ai/developers/model-capabilities/text/reasoning, quoted in
 *   https://github.com/enricoros/big-AGI/issues/1104 (4.3, multi-agent) and
 *   https://github.com/anomalyco/opencode/issues/39448 (3-mini, 4.5). All others refuse the field:
 *   https://github.com/earendil-works/pi/issues/8381
 * - `stop`: the same page, and https://github.com/langchain-ai/langchain/pull/38335
 *
 * @module
 */

import type { Row } from './traits.js'

export const xaiModels: readonly Row[] = [
  [/grok-(2|.*non-reasoning)/, { efforts: [] }],
  [/grok-3-mini/, { efforts: ['low', 'high'], stopSequences: false }],
  [/grok-4\.20-multi-agent/, { efforts: ['low', 'medium', 'high', 'xhigh'], stopSequences: false }],
  [/grok-4\.3/, { efforts: ['none', 'low', 'medium', 'high'], stopSequences: false }],
  [/grok-(4\.[4-9]|[5-9])/, { efforts: ['low', 'medium', 'high'], stopSequences: false }],
  [/grok/, { efforts: [], stopSequences: false }],
]
