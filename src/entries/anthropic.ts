/**
 * The driver for Anthropic.
 *
 * @module sluice/anthropic
 */

export {
  type AnthropicClient,
  type AnthropicOptions,
  anthropic,
  type BaseAnthropicClient,
} from '../drivers/anthropic.js'
export type { ApiKey, ModelName, ProviderHeaders } from '../drivers/common-options.js'
export type { ClaudeTraits } from '../wires/models/claude.js'
export type { ClaudeModelName } from '../wires/models/claude-names.js'
