/**
 * The driver for every server that speaks OpenAI's chat wire.
 *
 * @module
 */

export { type CompatibleOptions, compatible, type PresetOptions } from './drivers/compatible.js'
export type { PresetName } from './drivers/presets.js'
export type { ApiKey } from './drivers/settings.js'
