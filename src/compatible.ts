/**
 * The driver for every server that speaks OpenAI's chat wire.
 *
 * @module
 */

export { type CompatibleOptions, compatible } from './drivers/compatible.js'
export type { ApiKey } from './drivers/settings.js'
