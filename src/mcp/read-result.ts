/**
 * Reads the results of MCP tools.
 *
 * @module
 */

import type { InputPart } from '../base/messages.js'
import { isRecord } from '../base/read-json.js'
import { toolResult } from '../loop/define-tool.js'
import { ToolError } from '../loop/tool-error.js'

type Block = Readonly<Record<string, unknown>>

/** Whether the model can read files of a media type. */
export type Accepts = (mediaType: string) => boolean

/**
 * A result as `run` returns it: a string if there is only text, the structured content as JSON, and
 * parts if there are images or files.
 *
 * @throws ToolError with the words of a result that is an error
 */
export function readResult(result: unknown, accepts: Accepts): unknown {
  const { content, structuredContent, isError } = (result ?? {}) as Block
  const blocks: readonly Block[] = Array.isArray(content) ? content.filter(isRecord) : []
  if (isError === true) {
    // An error has words only.
    const words = textOf(blocks.map((block) => toPart(block, () => false)))
    throw new ToolError(words.trim() || 'The tool reported an error without a message.')
  }
  const hasJson = structuredContent !== undefined && structuredContent !== null
  const json = hasJson ? JSON.stringify(structuredContent) : undefined
  const parts = blocks
    .filter((block) => json === undefined || !isCopy(block, json))
    .map((block) => toPart(block, accepts))
  if (hasJson) {
    return parts.length === 0
      ? structuredContent
      : toolResult({ output: structuredContent, content: parts })
  }
  return parts.every(({ type }) => type === 'text') ? textOf(parts) : toolResult({ content: parts })
}

/** Whether a text is only there for clients that do not read structured content. */
function isCopy({ type, text }: Block, json: string): boolean {
  if (type !== 'text' || typeof text !== 'string') return false
  try {
    return JSON.stringify(JSON.parse(text)) === json
  } catch {
    return false
  }
}

function textOf(parts: readonly InputPart[]): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('\n')
}

function toPart(block: Block, accepts: Accepts): InputPart {
  switch (block.type) {
    case 'text':
      return textPart(block.text)
    case 'image':
    case 'audio':
      return filePart(block.data, block.mimeType, accepts)
    case 'resource': {
      const { uri, blob, mimeType, text: words } = (block.resource ?? {}) as Block
      if (blob !== undefined) return filePart(blob, mimeType, accepts, uri)
      return textPart(`${asText(uri)}\n${asText(words)}`)
    }
    default: {
      // Links to resources, and whatever a later version of the protocol adds.
      const { _meta, annotations: _annotations, icons: _icons, ...rest } = block
      return textPart(JSON.stringify(rest))
    }
  }
}

function textPart(words: unknown): InputPart {
  return { type: 'text', text: asText(words) }
}

/** The client has checked results, but other clients may not. */
function asText(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function filePart(base64: unknown, type: unknown, accepts: Accepts, uri?: unknown): InputPart {
  const data = asText(base64)
  const mediaType = asText(type) || 'application/octet-stream'
  if (!accepts(mediaType)) {
    const bytes = Math.floor(data.replace(/=+$/, '').length * 0.75)
    return textPart(`(A file of type ${mediaType} with ${bytes} bytes was left out.)`)
  }
  if (mediaType.startsWith('image/')) return { type: 'image', data, mediaType }
  const filename = /[^/?#]+(?=\/?(?:[?#].*)?$)/.exec(asText(uri))?.[0]
  return { type: 'file', data, mediaType, ...(filename === undefined ? {} : { filename }) }
}
