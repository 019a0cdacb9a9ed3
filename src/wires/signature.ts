/**
 * Signatures and encrypted reasoning on their way through a history.
 *
 * A provider refuses what it did not make, and a conversation may go on anywhere. So what a provider signed is kept under the name
 * of who made it, and goes back to no one else.
 *
 * @module
 */

import type { ProviderPart } from '../base/messages.js'
import { isRecord, type Json } from '../base/read-json.js'
import { rememberLast } from '../base/remember-last.js'
import { type WireName, wireNames } from './wire-name.js'

/**
 * Several makers speak the same wire, and one maker's models are served in several places (Claude by Anthropic, Bedrock and Vertex,
 * which take each other's signatures). So the maker counts, and the model's name tells it.
 */
const makers: readonly (readonly [string, RegExp])[] = [
  ['anthropic', /claude/],
  ['google', /gemini/],
  ['openai', /(?:^|[^a-z])(?:gpt|o\d|codex)/],
  ['xai', /grok/],
  ['deepseek', /deepseek/],
  ['minimax', /minimax/],
  ['mistral', /mistral|mixtral|magistral|codestral|devstral|pixtral/],
  ['moonshot', /kimi|moonshot/],
  ['zai', /glm/],
  ['alibaba', /qw[eq]/],
]

/** Who made a model; undefined where its name does not tell, as that of a deployment. */
export const makerOf: (model: string | undefined) => string | undefined =
  /* @__PURE__ */ rememberLast((model) => {
    const name = model?.toLowerCase() ?? ''
    return makers.find(([, pattern]) => pattern.test(name))?.[0]
  })

/** Whether this is the name of a maker whose models are known by their names. */
export function isMaker(name: string): boolean {
  return makers.some(([maker]) => maker === name)
}

/** A signature as a part of a message keeps it. */
export function sign(wire: WireName, maker: string | undefined, value: string): string {
  return maker === undefined ? `${wire}:${value}` : `${wire}/${maker}:${value}`
}

const signed = new RegExp(`^(${wireNames.join('|')})(?:/(\\w+))?:(.*)$`, 's')

/**
 * What the provider sent, for that wire and a model of that maker; undefined where it was made elsewhere. A signature that does not
 * say who made it comes from the caller's own hand, who has to know; JSON is what OpenAI's wires take, and the others never.
 */
export function signatureFor(
  wire: WireName,
  maker: string | undefined,
  signature: string | undefined,
): string | undefined {
  if (signature === undefined || signature === '') return undefined
  const match = signed.exec(signature)
  if (match === null) {
    return signature.startsWith('{') === wire.startsWith('openai') ? signature : undefined
  }
  const [, madeOn, madeBy, value] = match
  if (madeOn !== wire) return undefined
  return madeBy === undefined || maker === undefined || madeBy === maker ? value : undefined
}

/** The origin of a block that only its maker understands. */
export function originOf(wire: WireName, maker: string | undefined): string {
  return maker === undefined ? wire : `${wire}/${maker}`
}

/**
 * A block that this provider sent, as it came; undefined for those of others, and for one that never
 * came whole.
 */
export function blockFor(
  wire: WireName,
  maker: string | undefined,
  { origin, data, partial }: ProviderPart,
): Json | undefined {
  const [madeOn, madeBy] = origin.split('/', 2)
  const isOwn = madeBy === undefined || maker === undefined || madeBy === maker
  return madeOn === wire && isOwn && !partial && isRecord(data) ? data : undefined
}
