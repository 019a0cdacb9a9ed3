/**
 * What Z.ai's models take.
 *
 * As of 2026-11-30. Source: https://docs.z.ai/guides/capabilities/thinking-mode
 *
 * @module
 */

import type { Row } from './traits.js'

export const zaiModels: readonly Row[] = [
  [/glm-(4\.[5-9]|[5-9])/, { thinkingSwitch: 'thinking' }],
]
