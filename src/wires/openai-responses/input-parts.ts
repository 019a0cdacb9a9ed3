/**
 * Text, images and files for the model, in messages and in the results of tools.
 *
 * @module
 */

import { decodeText } from '../../base/base64.js'
import type { InputPart } from '../../base/messages.js'
import type { Json } from '../../base/read-json.js'
import { fileIdOf, readData, toDataUrl } from '../attachment-data.js'
import { withOptions } from '../provider-options.js'
import type { CacheMarks } from './cache-marks.js'

export function encodeParts(
  parts: readonly InputPart[],
  provider: string,
  marks: CacheMarks,
): Json[] {
  return parts.map((part) => {
    const piece = withOptions(encodePart(part), part, provider)
    marks.part(piece, part.cache)
    return piece
  })
}

function encodePart(part: InputPart): Json {
  if (part.type === 'text') return { type: 'input_text', text: part.text }
  const fileId = fileIdOf(part)
  const data = readData(part)
  const url = toDataUrl(data)
  if (part.type === 'image' || part.mediaType.startsWith('image/')) {
    const { detail = 'auto' } = part.type === 'image' ? part : {}
    return fileId === undefined
      ? { type: 'input_image', image_url: url, detail }
      : { type: 'input_image', file_id: fileId, detail }
  }
  // The server knows its name.
  if (fileId !== undefined) return { type: 'input_file', file_id: fileId }
  if ('url' in data) return { type: 'input_file', file_url: url }
  const text = part.mediaType.startsWith('text/') ? decodeText(data.base64)?.trim() : undefined
  if (text) return { type: 'input_text', text }
  const filename = part.filename ?? (part.mediaType === 'application/pdf' ? 'file.pdf' : 'file')
  return { type: 'input_file', filename, file_data: url }
}
