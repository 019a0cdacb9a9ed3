/**
 * The driver for servers with OpenAI's chat API.
 *
 * @module sluice/compatible
 */

export type { ApiKey, ProviderHeaders } from '../drivers/common-options.js'
export { type CompatibleOptions, compatible, type PresetOptions } from '../drivers/compatible.js'
export type { PresetName } from '../drivers/presets.js'
export type { ModelTraits, ThinkingSwitch } from '../wires/models/traits.js'
export type { ChatRequestOptions } from '../wires/openai-chat/options.js'
export type { OutputMode } from '../wires/output-plan.js'
export type { ThinkTags } from '../wires/think-tags.js'
