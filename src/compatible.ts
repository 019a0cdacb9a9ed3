/**
 * The driver for every server that speaks OpenAI's chat wire.
 *
 * @module sluice/compatible
 */

export { type CompatibleOptions, compatible, type PresetOptions } from './drivers/compatible.js'
export type { PresetName } from './drivers/presets.js'
export type { ApiKey } from './drivers/settings.js'
export type { OutputMode } from './wires/output.js'
export type { ThinkTags } from './wires/think-tags.js'
