/**
 * The driver for Google's Gemini models.
 *
 * @module sluice/gemini
 */

export type { ApiKey, ProviderHeaders } from '../drivers/common-options.js'
export { type GeminiOptions, gemini } from '../drivers/gemini.js'
export type { GeminiTraits } from '../wires/models/gemini.js'
