/**
 * Raw output items of the Responses wire, as its server streams them.
 *
 * @module
 */

import { fragmentsOf } from './answer.js'
import { fields, tokensOf } from './request-conversation.js'

type Json = Record<string, unknown>

/** One event between the beginning and the end of an item. */
export interface ItemStep {
  /** Without `response.`. */
  type: string
  data: Json
  /** It carries a token. */
  token?: true
}

/** An item at its beginning and at its end, and what comes between. */
export interface RawItem {
  begin: Json
  end: Json
  steps: readonly ItemStep[]
}

/** What the server reports while it works, by the type of the item. */
const progress: Partial<Record<string, readonly string[]>> = {
  web_search_call: ['in_progress', 'searching', 'completed'],
  file_search_call: ['in_progress', 'searching', 'completed'],
  code_interpreter_call: ['in_progress', 'interpreting', 'completed'],
  image_generation_call: ['in_progress', 'generating', 'completed'],
  mcp_call: ['in_progress', 'completed'],
  mcp_list_tools: ['in_progress', 'completed'],
  compaction: ['compacting'],
}

/** What is known of an item only at its end, and what stands there before. */
const later: Partial<Record<string, Json>> = {
  web_search_call: { action: undefined },
  file_search_call: { results: null },
  code_interpreter_call: { code: '', outputs: null },
  image_generation_call: { result: null },
  mcp_call: { arguments: '', output: null },
  mcp_list_tools: { tools: [] },
  message: { content: [] },
}

/** @param body - the request, which says how many previews of an image it wants */
export function rawItem(data: Json, body: Json): RawItem {
  const type = String(data.type)
  const isBusy = 'status' in data
  const begin = { ...data, ...(isBusy ? { status: 'in_progress' } : {}), ...later[type] }
  const steps = type === 'message' ? messageSteps(data) : []
  const names = progress[type] ?? []
  const last = names.length - 1
  for (const [index, name] of names.entries()) {
    if (index === last) steps.push(...workOf(data, body))
    steps.push({ type: `${type}.${name}`, data: {} })
  }
  return { begin, end: data, steps }
}

/** What comes of the work before it is done. */
function workOf(data: Json, body: Json): ItemStep[] {
  const { code, arguments: given, result } = data
  switch (data.type) {
    case 'code_interpreter_call':
      return piecesOf('code_interpreter_call_code', code, 'code')
    case 'mcp_call':
      return piecesOf('mcp_call_arguments', given, 'arguments')
    case 'image_generation_call':
      return previewsOf(data, textOf(result), body)
    default:
      return []
  }
}

function piecesOf(type: string, whole: unknown, name: string): ItemStep[] {
  if (typeof whole !== 'string') return []
  const deltas = fragmentsOf(whole).map(
    (delta): ItemStep => ({
      type: `${type}.delta`,
      data: { delta },
      token: true,
    }),
  )
  return [...deltas, { type: `${type}.done`, data: { [name]: whole } }]
}

/** Beginnings of the image, which grow. */
function previewsOf({ output_format }: Json, image: string, { tools }: Json): ItemStep[] {
  const tool = (Array.isArray(tools) ? tools : []).map(fields)
  const wanted = tool.find(({ type }) => type === 'image_generation')?.partial_images
  const count = typeof wanted === 'number' ? Math.min(wanted, 3) : 0
  return Array.from({ length: count }, (_, index): ItemStep => {
    const quarters = Math.floor((image.length * (index + 1)) / (count + 1) / 4)
    const partial_image_b64 = image.slice(0, Math.max(quarters, 1) * 4)
    return {
      type: 'image_generation_call.partial_image',
      data: { partial_image_index: index, partial_image_b64, output_format },
    }
  })
}

function messageSteps({ content }: Json): ItemStep[] {
  const parts = (Array.isArray(content) ? content : []).map(fields)
  return parts.flatMap((part, content_index): ItemStep[] => {
    const name = part.type === 'refusal' ? 'refusal' : 'text'
    const whole = textOf(part[name])
    const type = name === 'refusal' ? 'refusal' : 'output_text'
    const annotations = Array.isArray(part.annotations) ? part.annotations : []
    const empty = { ...part, [name]: '', ...(name === 'text' ? { annotations: [] } : {}) }
    return [
      { type: 'content_part.added', data: { content_index, part: empty } },
      ...tokensOf(whole).map(
        (delta): ItemStep => ({
          type: `${type}.delta`,
          data: { content_index, delta },
          token: true,
        }),
      ),
      ...annotations.map(
        (annotation, annotation_index): ItemStep => ({
          type: 'output_text.annotation.added',
          data: { content_index, annotation_index, annotation },
        }),
      ),
      { type: `${type}.done`, data: { content_index, [name]: whole } },
      { type: 'content_part.done', data: { content_index, part } },
    ]
  })
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
