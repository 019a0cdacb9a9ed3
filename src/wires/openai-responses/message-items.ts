/**
 * The messages of the model: what their items hold besides text is kept as a signature, and goes
 * back with it.
 *
 * @module
 */

import type { SourcePart, TextPart } from '../../base/messages.js'
import { parseJson } from '../../base/parse-json.js'
import { compact, isRecord, type Json, textOf } from '../../base/read-json.js'
import { makerOf, sign, signatureFor } from '../signature.js'

/** What a part of an answer keeps of its item. */
interface KeptMessage {
  id?: string
  /** Whether it is the answer, or a remark on the way to it. */
  phase?: string
  /** Absent for a whole one. */
  status?: string
  refusal?: true
}

/** Other servers have ids of their own, or much longer ones; OpenAI refuses those. */
const takenId = /^msg[\w-]{1,61}$/

/**
 * The fields of a message item that have to be sent back, as JSON.
 *
 * @param part - the place of the text in the content of the item
 * @param model - the model that answered
 */
export function signMessage(
  { id, phase, status, content }: Json,
  part: unknown,
  model: string | undefined,
): string | undefined {
  const piece: unknown = Array.isArray(content) ? content[Number(part)] : undefined
  const kept: KeptMessage = compact({
    id: takenId.test(textOf(id) ?? '') ? textOf(id) : undefined,
    phase: phaseOf(phase),
    status: status === 'incomplete' ? status : undefined,
    refusal: isRecord(piece) && piece.type === 'refusal' ? (true as const) : undefined,
  })
  if (kept.id === undefined && kept.phase === undefined) return undefined
  return sign('openai-responses', makerOf(model), JSON.stringify(kept))
}

function readMessage(signature: string | undefined, maker: string | undefined): KeptMessage {
  const value = parseJson(signatureFor('openai-responses', maker, signature) ?? '')
  if (!isRecord(value)) return {}
  const { id, phase, status, refusal } = value
  return compact({
    id: takenId.test(textOf(id) ?? '') ? textOf(id) : undefined,
    phase: phaseOf(phase),
    status: status === 'incomplete' ? status : undefined,
    refusal: refusal === true ? refusal : undefined,
  })
}

function phaseOf(phase: unknown): string | undefined {
  return phase === 'commentary' || phase === 'final_answer' ? phase : undefined
}

/** The messages of the model in one request. */
export class MessageItems {
  readonly #maker: string | undefined
  readonly #ids = new Set<string>()
  /** The item whose next part may follow. */
  #open: { id: string; content: Json[] } | undefined

  constructor(model: string) {
    this.#maker = makerOf(model)
  }

  /**
   * The item of a text. The API takes two shapes: a whole item with its id, and the easy one with a
   * role and a text.
   *
   * @param hasAll - the reasoning that led to it is in the request. The server may refuse an item by
   *   its id without it
   * @returns undefined if the text was added to the item before, as another part of it
   */
  itemOf({ text, signature }: TextPart, hasAll: boolean): Json | undefined {
    const { id, phase, status = 'completed', refusal } = readMessage(signature, this.#maker)
    const piece = refusal
      ? { type: 'refusal', refusal: text }
      : { type: 'output_text', text, annotations: [] }
    if (this.#open !== undefined && this.#open.id === id) {
      this.#open.content.push(piece)
      return undefined
    }
    this.close()
    // An id is refused the second time.
    const isNew = id !== undefined && !this.#ids.has(id)
    if (id !== undefined) this.#ids.add(id)
    if (!isNew || !hasAll) {
      return { type: 'message', role: 'assistant', content: text, ...compact({ phase }) }
    }
    this.#open = { id, content: [piece] }
    const { content } = this.#open
    return { type: 'message', role: 'assistant', id, status, content, ...compact({ phase }) }
  }

  /** A citation goes back with the text that it belongs to. */
  cite({ raw }: SourcePart): void {
    const annotations = this.#open?.content.at(-1)?.annotations
    if (Array.isArray(annotations) && isAnnotation(raw)) annotations.push(raw)
  }

  /** Another item follows. */
  close(): void {
    this.#open = undefined
  }
}

/** Other APIs have types of the same names. */
function isAnnotation(raw: unknown): boolean {
  if (!isRecord(raw)) return false
  switch (raw.type) {
    case 'url_citation':
      return typeof raw.url === 'string' && typeof raw.start_index === 'number'
    case 'file_citation':
    case 'container_file_citation':
    case 'file_path':
      return typeof raw.file_id === 'string'
    default:
      return false
  }
}
