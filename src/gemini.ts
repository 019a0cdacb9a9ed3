/**
 * The driver for Google's Gemini models.
 *
 * @module sluice/gemini
 */

export { type GeminiOptions, gemini } from './drivers/gemini.js'
export type { ApiKey } from './drivers/settings.js'
