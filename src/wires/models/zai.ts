/**
 * What Z.ai's models take.
 *
 * As of 2026-11-30. Sources: https://docs.z.ai/guides/capabilities/thinking-mode, and for 5.3, which
 * always thinks, the changelog of @ai-sdk/groq 4.0.73.
 *
 * @module
 */

import type { Row } from './traits.js'

export const zaiModels: readonly Row[] = [
  [/glm-(4\.[5-9]|5(?!\.[3-9]))/, { thinkingSwitch: 'thinking' }],
  [/glm-5/, {}],
]
