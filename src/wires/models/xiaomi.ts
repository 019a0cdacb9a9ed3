/**
 * What Xiaomi's models take.
 *
 * As of 2026-11-30. Sources:
 * - no thinking: https://platform.xiaomimimo.com/docs/en-US/api/chat/openai-api
 * - reasoning: https://platform.xiaomimimo.com/docs/en-US/usage-guide/passing-back-reasoning_content,
 *   and the refusals in https://github.com/earendil-works/pi/issues/4602.
 *
 * @module
 */

import type { Row } from './traits.js'

export const xiaomiModels: readonly Row[] = [
  [
    /(^|\/)mimo/,
    { reasoningField: 'reasoning_content', requiresReasoning: true, thinkingSwitch: 'thinking' },
  ],
]
