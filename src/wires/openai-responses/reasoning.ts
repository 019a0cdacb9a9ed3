/**
 * Encrypted reasoning on its way through a history: read from an answer, kept as a signature, sent back in a later request.
 *
 * @module
 */

import type { ReasoningPart } from '../../messages.js'
import { compact, isRecord, type Json, textOf } from '../json.js'

/**
 * What has to be sent back of a reasoning item. It is JSON, so that it cannot be taken for the signature of another wire: those are
 * base64, and each provider refuses a signature that it did not make.
 *
 * @returns undefined for an item that was not encrypted, which cannot be sent back
 */
export function signatureOf(item: Json): string | undefined {
  const content = textOf(item.encrypted_content)
  if (content === undefined) return undefined
  return JSON.stringify({ ...compact({ id: textOf(item.id) }), encrypted_content: content })
}

/** Models that refuse reasoning items, wherever they come from. */
const plainModels = /(^|[/:])(gpt-[34]|chatgpt-)/

/** The reasoning items of one request. */
export class ReasoningItems {
  readonly #refused: boolean
  readonly #ids = new Set<string>()

  constructor(model: string) {
    this.#refused = plainModels.test(model)
  }

  /**
   * @param before - the texts of the parts before it that belong to the same item
   * @returns undefined for a part that cannot be sent back: it was made on another wire, or is in the request already, and an
   *   item is refused the second time
   */
  itemOf({ text, signature }: ReasoningPart, before: readonly string[]): Json | undefined {
    const signed = this.#refused ? undefined : readSignature(signature)
    if (signed === undefined) return undefined
    const id = textOf(signed.id)
    if (id !== undefined) {
      if (this.#ids.has(id)) return undefined
      this.#ids.add(id)
    }
    const texts = [...before, text].filter((part) => part.trim() !== '')
    return {
      type: 'reasoning',
      ...compact({ id }),
      summary: texts.map((part) => ({ type: 'summary_text', text: part })),
      encrypted_content: signed.encrypted_content,
    }
  }
}

function readSignature(signature: unknown): Json | undefined {
  if (typeof signature !== 'string' || !signature.startsWith('{')) return undefined
  try {
    const value: unknown = JSON.parse(signature)
    return isRecord(value) && textOf(value.encrypted_content) !== undefined ? value : undefined
  } catch {
    return undefined
  }
}
