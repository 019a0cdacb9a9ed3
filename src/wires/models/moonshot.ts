/**
 * What Moonshot's models take.
 *
 * As of 2026-11-30. Sources:
 * - reasoning: https://github.com/continuedev/continue/issues/11600
 * - no thinking, and efforts: https://java.agentscope.io/v2/en/integration/model/kimi: K2.7 and K3
 *   always think
 * - sampling: https://github.com/simstudioai/sim/pull/5716: all but the default is refused
 *
 * @module
 */

import type { ModelTraits, Row } from './traits.js'

const traits: ModelTraits = { reasoningField: 'reasoning_content', requiresReasoning: true }

export const moonshotModels: readonly Row[] = [
  [/kimi-k[3-9]/, { ...traits, sampling: 'never', efforts: ['low', 'high', 'max'] }],
  [/kimi-k2\.[7-9]/, { ...traits, sampling: 'never' }],
  [/kimi-k2\.6/, { ...traits, sampling: 'never', thinkingSwitch: 'thinking' }],
  [/kimi-k2\.5/, { ...traits, thinkingSwitch: 'thinking' }],
  [/kimi|moonshot/, traits],
]
