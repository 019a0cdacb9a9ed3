/**
 * The driver for OpenAI.
 *
 * @module
 */

export { type OpenAIClient, type OpenAIOptions, openai } from './drivers/openai.js'
export type { ApiKey } from './drivers/settings.js'
