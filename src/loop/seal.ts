/**
 * Seals of calls: a proof that a call that a client hands back is what the model has said.
 *
 * @module
 */

import { toJson } from '../base/bytes-as-json.js'
import type { Message, ToolCallPart } from '../base/messages.js'

/** @see https://www.rfc-editor.org/rfc/rfc2104 */
const algorithm = { name: 'HMAC', hash: 'SHA-256' }

/** What a seal says of its call. */
export type SealState = 'valid' | 'expired' | 'invalid'

export class Sealer {
  readonly #key: Promise<CryptoKey>
  readonly #ttlMs: number

  constructor(signingKey: string | Uint8Array, ttlMs: number = Infinity) {
    this.#ttlMs = ttlMs
    const bytes = typeof signingKey === 'string' ? new TextEncoder().encode(signingKey) : signingKey
    const usages: KeyUsage[] = ['sign', 'verify']
    this.#key = crypto.subtle.importKey('raw', bytes as BufferSource, algorithm, false, usages)
    this.#key.catch(() => {})
  }

  /** @param scope - the id of the conversation, or of the message */
  /** The time in milliseconds, a dot, and the code. */
  async seal(scope: string, call: ToolCallPart): Promise<string> {
    const at = String(Date.now())
    const code = await crypto.subtle.sign('HMAC', await this.#key, payloadOf(scope, at, call))
    return `${at}.${toHex(code)}`
  }

  async check(scope: string, call: ToolCallPart): Promise<SealState> {
    const [, at, code] = /^(\d{1,15})\.((?:[0-9a-f]{2})+)$/.exec(call.seal ?? '') ?? []
    if (at === undefined || code === undefined) return 'invalid'
    const bytes = Uint8Array.from(code.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
    const payload = payloadOf(scope, at, call)
    if (!(await crypto.subtle.verify('HMAC', await this.#key, bytes, payload))) return 'invalid'
    return Date.now() - Number(at) > this.#ttlMs ? 'expired' : 'valid'
  }
}

/** A name for the last of these messages that no other conversation has. */
export async function digestOf(messages: readonly Message[]): Promise<string> {
  const json = JSON.stringify(sorted(JSON.parse(toJson(messages))))
  return toHex(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(json))).slice(0, 32)
}

function toHex(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function payloadOf(scope: string, at: string, { id, name, input }: ToolCallPart): BufferSource {
  return new TextEncoder().encode(JSON.stringify([scope, at, id, name, sorted(input)]))
}

/** Databases change the order of keys. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return ['list', ...value.map(sorted)]
  const entries = Object.entries(value).map(([key, each]) => [key, sorted(each)] as const)
  return ['object', ...entries.toSorted(([one], [other]) => (one < other ? -1 : 1))]
}
