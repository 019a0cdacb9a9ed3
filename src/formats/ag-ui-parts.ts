/**
 * Texts, images, files and results in AG-UI's messages.
 *
 * @module
 */

import type {
  FileInputPart,
  ImageDetail,
  ImageInputPart,
  InputPart,
  ToolResultPart,
} from '../base/messages.js'
import { parseJson } from '../base/parse-json.js'
import { isRecord } from '../base/read-json.js'
import { fileIdOf, readData } from '../wires/attachment-data.js'
import type { AgUiPart } from './ag-ui-shape.js'
import { type Fields, invalid, recordIn, recordsIn, stringIn, stringsIn } from './read-messages.js'

export function toAgUiPart(part: InputPart): AgUiPart {
  if (part.type === 'text') return { type: 'text', text: part.text }
  const { mediaType } = part
  const filename = part.type === 'file' ? part.filename : undefined
  const detail = part.type === 'image' ? part.detail : undefined
  const kept = Object.entries({ filename, detail }).filter(([, value]) => value !== undefined)
  // Both are the same to a client.
  const isFile = part.type === 'file' && part.mediaType.startsWith('image/')
  const metadata = { ...Object.fromEntries(kept), ...(isFile && { sluice: { file: true } }) }
  return {
    type: kindOf(part),
    source: sourceOf(part, mediaType === undefined ? {} : { mimeType: mediaType }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
  }
}

function kindOf(part: ImageInputPart | FileInputPart): 'image' | 'audio' | 'video' | 'document' {
  const kind = part.type === 'image' ? 'image' : part.mediaType.split('/', 1)[0]
  return kind === 'image' || kind === 'audio' || kind === 'video' ? kind : 'document'
}

type Source = Extract<AgUiPart, { source: unknown }>['source']

function sourceOf(part: ImageInputPart | FileInputPart, type: { mimeType?: string }): Source {
  const id = fileIdOf(part)
  if (id !== undefined) {
    const provider = id.startsWith('file_') ? 'anthropic' : 'openai'
    return { type: 'file', value: id, provider, ...type }
  }
  const data = readData(part)
  if ('url' in data) return { type: 'url', value: data.url, ...type }
  return { type: 'data', value: data.base64, mimeType: data.mediaType }
}

/** The media type of a URL whose own nobody has named. */
const general = { audio: 'audio/mpeg', video: 'video/mp4', document: 'application/pdf' }

function fromAgUiPart(part: Fields, place: string): InputPart {
  const { type, metadata } = part
  if (type === 'text') return { type, text: stringIn(part, 'text', place) }
  // Before version 1.0.
  if (type === 'binary') return binaryPart(part, place)
  if (type !== 'image' && type !== 'audio' && type !== 'video' && type !== 'document') {
    throw invalid(`${place}.type is not "text", "image", "audio", "video" or "document".`)
  }
  const source = recordIn(part, 'source', place)
  const data = stringIn(source, 'value', `${place}.source`)
  const { mimeType } = stringsIn(source, 'mimeType')
  const kept: Fields = isRecord(metadata) ? metadata : {}
  const isFile = isRecord(kept.sluice) && kept.sluice.file === true
  if (type === 'image' && !isFile) {
    const { detail } = stringsIn(kept, 'detail') as { detail?: ImageDetail }
    const named = mimeType === undefined ? {} : { mediaType: mimeType }
    return { type, data, ...named, ...(detail && { detail }) }
  }
  const mediaType = mimeType ?? (type === 'image' ? 'image/*' : general[type])
  return { type: 'file', data, mediaType, ...stringsIn(kept, 'filename') }
}

function binaryPart(part: Fields, place: string): InputPart {
  const mediaType = stringIn(part, 'mimeType', place)
  const { id, url, data = url ?? id } = stringsIn(part, 'id', 'url', 'data')
  if (data === undefined) throw invalid(`${place} has no data, url or id.`)
  if (mediaType.startsWith('image/')) return { type: 'image', data, mediaType }
  return { type: 'file', data, mediaType, ...stringsIn(part, 'filename') }
}

/** Our fields. */
export function ownIn({ metadata }: Fields): Fields {
  return isRecord(metadata) && isRecord(metadata.sluice) ? metadata.sluice : {}
}

export function inputContent(message: Fields, place: string): string | InputPart[] {
  const { content } = message
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) throw invalid(`${place}.content is not a string or an array.`)
  return recordsIn(content, `${place}.content`).map((part, at) => {
    return fromAgUiPart(part, `${place}.content[${at}]`)
  })
}

export function toResult(message: Fields, id: string, name: string, place: string): ToolResultPart {
  const { output: type } = ownIn(message)
  const given = inputContent(message, place)
  const parts = typeof given === 'string' ? [] : [...given]
  const first = typeof given === 'string' ? given : outputIn(parts, type)
  const { error } = stringsIn(message, 'error')
  const text = first === '' && error !== undefined ? error : first
  const isJson = typeof type === 'string' && type !== 'undefined'
  return {
    type: 'tool-result',
    id,
    name,
    output: type === 'undefined' ? undefined : isJson ? parseJson(text ?? '') : text,
    ...(parts.length > 0 && { content: parts }),
    ...(error !== undefined && { isError: true }),
  }
}

/** Takes the output from before the other parts. */
function outputIn(parts: InputPart[], type: unknown): string | undefined {
  if (type === 'undefined' || parts[0]?.type !== 'text') return undefined
  return (parts.shift() as { text: string }).text
}
