/**
 * Images and files as URLs, so that they are JSON.
 *
 * @module
 */

import type { FileInputPart, ImageInputPart, InputPart } from '../base/messages.js'
import { fileIdOf, readData, toDataUrl } from '../wires/attachment-data.js'

/** An http(s) or data URL, or the provider's own id of an uploaded file. */
export function urlOf(part: ImageInputPart | FileInputPart): string {
  const isUrl = typeof part.data === 'string' && /^(?:data|https?):/i.test(part.data)
  return isUrl ? (part.data as string) : (fileIdOf(part) ?? toDataUrl(readData(part)))
}

/** Who keeps the file, and under which id; undefined for a file that is not uploaded. */
export function referenceOf(
  part: ImageInputPart | FileInputPart,
): Record<string, string> | undefined {
  const id = fileIdOf(part)
  return id === undefined ? undefined : { [id.startsWith('file_') ? 'anthropic' : 'openai']: id }
}

/** The media type; a general one for an image that does not name its own. */
export function mediaTypeOf(part: ImageInputPart | FileInputPart): string {
  if (part.mediaType !== undefined) return part.mediaType
  if (fileIdOf(part) !== undefined) return 'image/*'
  const data = readData(part)
  return 'url' in data ? 'image/*' : data.mediaType
}

/** The parts without bytes, and without what is for providers only. */
export function jsonParts(parts: readonly InputPart[]): InputPart[] {
  return parts.map((part) => {
    const { providerOptions: _options, cache: _cache, ...rest } = part
    return rest.type === 'text' ? rest : { ...rest, data: urlOf(rest) }
  })
}
