/**
 * The driver for Google's Gemini models.
 *
 * @module sluice/gemini
 */

export type { ApiKey, ModelName, ProviderHeaders } from '../drivers/common-options.js'
export { type GeminiOptions, gemini } from '../drivers/gemini.js'
export type { GeminiTraits } from '../wires/models/gemini.js'
export type { GeminiModelName } from '../wires/models/gemini-names.js'
