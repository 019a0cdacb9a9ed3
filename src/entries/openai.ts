/**
 * The driver for OpenAI.
 *
 * @module sluice/openai
 */

export type { ApiKey, ModelName, ProviderHeaders } from '../drivers/common-options.js'
export { type OpenAIClient, type OpenAIOptions, openai } from '../drivers/openai.js'
export type { OpenAIModelName } from '../wires/models/openai-names.js'
export type { ModelTraits, ThinkingSwitch } from '../wires/models/traits.js'
