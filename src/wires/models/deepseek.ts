/**
 * What DeepSeek's models take.
 *
 * As of 2026-11-30. Sources:
 * - efforts: https://api-docs.deepseek.com/guides/thinking_mode, as of August in
 *   https://github.com/can1357/oh-my-pi/issues/8405
 * - no thinking: https://api-docs.deepseek.com/guides/thinking_mode
 * - reasoning: the same page, and https://github.com/earendil-works/pi/issues/3636
 *
 * @module
 */

import type { ModelTraits, Row } from './traits.js'

const traits: ModelTraits = { reasoningField: 'reasoning_content', requiresReasoning: true }

export const deepseekModels: readonly Row[] = [
  [
    /deepseek-(v[4-9]|flash|pro)/,
    { ...traits, efforts: ['low', 'high', 'max'], thinkingSwitch: 'thinking' },
  ],
  [/deepseek/, traits],
]
