/** Who made what in a history, and how that is found again in a body. */

import type { WireName } from '../../../src/wires/wire-name.js'

export type Origin = readonly [wire: WireName, maker: string]

/** Made by nobody whom a request goes to. */
export const elsewhere = 'MADEBYelsewhereXelsewhereX'

/** In a block or signature that never came whole, or that no one may receive. */
export const broken = 'NEVERWHOLE'

/** A word that stands in everything that is opaque. It is base64, because Gemini requires that. */
export function markOf([wire, maker]: Origin): string {
  return `MADEBY${wire.replaceAll('-', '')}X${maker}X`
}

/** The makers whose marks are in a text, such as `geminiXgoogle`. */
export function marksIn(text: string): Set<string> {
  return new Set(text.match(/MADEBY[a-z]+X[a-z]+X/g))
}

export const origins: readonly Origin[] = [
  ['anthropic-messages', 'anthropic'],
  ['anthropic-messages', 'minimax'],
  ['openai-responses', 'openai'],
  ['openai-responses', 'xai'],
  ['openai-chat', 'openai'],
  ['openai-chat', 'xai'],
  ['openai-chat', 'groq'],
  ['gemini', 'google'],
]
