/**
 * Encrypted reasoning: read from an answer, kept as a signature, and sent back in a later request.
 *
 * @module
 */

import type { ReasoningPart } from '../../base/messages.js'
import { parseJson } from '../../base/parse-json.js'
import { compact, isRecord, type Json, textOf } from '../../base/read-json.js'
import type { ModelTraits } from '../models/traits.js'
import { makerOf, sign, signatureFor } from '../signature.js'

/**
 * The fields of a reasoning item that have to be sent back, as JSON.
 *
 * @param model - the model that answered
 * @returns undefined for an item that was not encrypted, which cannot be sent back
 */
export function signatureOf(item: Json, model: string | undefined): string | undefined {
  const content = textOf(item.encrypted_content)
  if (content === undefined) return undefined
  const kept = { ...compact({ id: textOf(item.id) }), encrypted_content: content }
  return sign('openai-responses', makerOf(model), JSON.stringify(kept))
}

/** The reasoning items of one request. */
export class ReasoningItems {
  readonly #refused: boolean
  readonly #maker: string | undefined
  readonly #ids = new Set<string>()

  constructor(model: string, { reasons }: ModelTraits) {
    // Models that do not reason refuse such items, wherever they come from.
    this.#refused = reasons === false
    this.#maker = makerOf(model)
  }

  /**
   * @param before - the texts of the parts before it that belong to the same item
   * @returns undefined for a part that cannot be sent back, because another API made it, or because it
   *   is in the request already: an item is refused the second time
   */
  itemOf({ text, signature }: ReasoningPart, before: readonly string[]): Json | undefined {
    const signed = this.#refused ? undefined : readSignature(signature, this.#maker)
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

function readSignature(signature: string | undefined, maker: string | undefined): Json | undefined {
  const kept = signatureFor('openai-responses', maker, signature)
  const value = parseJson(kept ?? '')
  return isRecord(value) && textOf(value.encrypted_content) !== undefined ? value : undefined
}
