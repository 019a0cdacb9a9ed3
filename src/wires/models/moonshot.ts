/**
 * What Moonshot's models take.
 *
 * As of 2026-11-30. Sources:
 * - reasoning: https://github.com/continuedev/continue/issues/11600
 * - sampling: https://github.com/simstudioai/sim/pull/5716: all but the default is refused
 *
 * @module
 */

import type { ModelTraits, Row } from './traits.js'

const traits: ModelTraits = { reasoningField: 'reasoning_content', requiresReasoning: true }

export const moonshotModels: readonly Row[] = [
  [/kimi-k(2\.[6-9]|[3-9])/, { ...traits, sampling: 'never' }],
  [/kimi|moonshot/, traits],
]
