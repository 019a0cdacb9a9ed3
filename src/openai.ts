/**
 * The driver for OpenAI.
 *
 * @module sluice/openai
 */

export { type OpenAIClient, type OpenAIOptions, openai } from './drivers/openai.js'
export type { ApiKey } from './drivers/settings.js'
