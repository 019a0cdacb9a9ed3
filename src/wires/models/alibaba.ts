/**
 * What Alibaba's models take.
 *
 * As of 2026-11-30. Source: https://www.alibabacloud.com/help/en/model-studio/deep-thinking. Models
 * that always or never think have no switch.
 *
 * @module
 */

import type { Row } from './traits.js'

export const alibabaModels: readonly Row[] = [
  [
    /^(?!.*(thinking|instruct|coder)).*qwen(3|-(plus|flash|turbo))/,
    { thinkingSwitch: 'enable_thinking' },
  ],
]
