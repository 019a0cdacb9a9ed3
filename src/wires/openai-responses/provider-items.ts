/**
 * Output items without a kind of their own, such as the calls of the server's own tools, and the
 * images that it generates.
 *
 * @module
 */

import type { ContentEvent } from '../../base/events.js'
import { compact, isRecord, type Json, textOf } from '../../base/read-json.js'
import { readData } from '../attachment-data.js'
import { originOf } from '../signature.js'
import type { Item } from './item-lookup.js'

/** Items that the caller has to answer, unless the server answers them in the same response. */
const waitingTypes = new Set([
  'local_shell_call',
  'shell_call',
  'apply_patch_call',
  'computer_call',
  'mcp_approval_request',
])

/** The parts of an item that become blocks. */
const [wholePart, imagePart] = ['item', 'image']

export class ProviderItems {
  readonly #begin: (item: Item, part: unknown) => number
  /** The ids of calls that wait for an answer. */
  readonly #waiting = new Set<unknown>()

  /** @param begin - returns the index of a new content block */
  constructor(begin: (item: Item, part: unknown) => number) {
    this.#begin = begin
  }

  /** Some items wait for an answer of the caller. */
  get waits(): boolean {
    return this.#waiting.size > 0
  }

  added(item: Item, content: Json, maker: string | undefined, out: ContentEvent[]): void {
    if (!item.blocks.has(wholePart)) this.#show(item, content, maker, out, true)
  }

  /** A preview of an image. */
  preview(item: Item, event: Json, maker: string | undefined, out: ContentEvent[]): void {
    const image = imageOf(event.partial_image_b64, event.output_format)
    if (item.done || image === undefined) return
    this.added(item, compact({ type: item.type, id: item.id }), maker, out)
    const index = this.#indexOf(item, imagePart)
    item.preview = { type: 'content', index, kind: 'file', ...image }
    out.push({ ...item.preview, partial: true })
  }

  done(item: Item, content: Json, maker: string | undefined, out: ContentEvent[]): void {
    const { type, call_id: callId } = content
    if (waitingTypes.has(String(type)) || (type === 'tool_search_call' && isOfClient(content))) {
      this.#waiting.add(callId ?? content.id)
    } else if (String(type).endsWith('_output')) this.#waiting.delete(callId ?? content.id)
    const image =
      type === 'image_generation_call' ? imageOf(content.result, content.output_format) : undefined
    // The image is not kept twice. The encoder puts it back.
    const isSame = image !== undefined && image.data === content.result
    this.#show(item, isSame ? { ...content, result: '' } : content, maker, out)
    if (image === undefined) return this.#settle(item, out)
    const index = this.#indexOf(item, imagePart)
    out.push({ type: 'content', index, kind: 'file', ...image })
  }

  /** Nothing more of it can come: it counts as it is. */
  end(item: Item, maker: string | undefined, out: ContentEvent[]): void {
    if (item.done || item.data === undefined) return
    item.done = true
    this.#show(item, item.data, maker, out)
    this.#settle(item, out)
  }

  /** The last preview stays, if no image replaced it. */
  #settle({ preview }: Item, out: ContentEvent[]): void {
    if (preview !== undefined) out.push(preview)
  }

  #show(
    item: Item,
    data: Json,
    maker: string | undefined,
    out: ContentEvent[],
    isPartial = false,
  ): void {
    item.data = data
    out.push({
      type: 'content',
      index: this.#indexOf(item, wholePart),
      kind: 'provider',
      name: String(item.type),
      origin: originOf('openai-responses', maker),
      data,
      ...(isPartial ? { partial: true as const } : {}),
    })
  }

  #indexOf(item: Item, part: unknown): number {
    return item.blocks.get(part) ?? this.#begin(item, part)
  }
}

/** The tools that the model looks for are the caller's to find. */
function isOfClient({ execution }: Json): boolean {
  return execution === 'client'
}

function imageOf(
  result: unknown,
  outputFormat: unknown,
): { mediaType: string; data: string } | undefined {
  const given = textOf(result)
  if (given === undefined) return undefined
  const format = textOf(outputFormat)
  const mediaType = format && (format === 'svg' ? 'image/svg+xml' : `image/${format}`)
  const data = readData({ type: 'image', data: given, ...compact({ mediaType }) })
  return 'url' in data ? undefined : { mediaType: data.mediaType, data: data.base64 }
}

/** Types of items that another part of a message stands for, or that raise the trust in it. */
const refusedTypes = new Set([
  'message',
  'reasoning',
  'function_call',
  'function_call_output',
  'custom_tool_call',
  'custom_tool_call_output',
  'item_reference',
  'configuration_update',
])

/**
 * Whether a block may go back as an item. A history may come from a client, so an item never has a
 * role, which would make instructions of it, nor a type that has a kind of its own. An item without
 * a type would be a message or a reference.
 */
export function isOwnItem(data: Json): boolean {
  const type = textOf(data.type)
  return type !== undefined && !refusedTypes.has(type) && data.role === undefined
}

/**
 * The item with the image that was taken out of it.
 *
 * @param file - the part after the block
 * @returns undefined if the image is not there any more: the server refuses an item without it
 */
export function withImage(data: Json, file: unknown): Json | undefined {
  if (data.type !== 'image_generation_call' || data.result !== '') return data
  const isImage = isRecord(file) && file.type === 'file' && !file.partial
  return isImage ? { ...data, result: file.data } : undefined
}
