/**
 * Images and files as URLs, so that they are JSON.
 *
 * @module
 */

import type { FileInputPart, ImageInputPart, InputPart } from '../base/messages.js'
import { fileIdOf, readData, toDataUrl } from '../wires/attachment-data.js'

/** An http(s) or data URL, or the provider's own id of an uploaded file. */
export function urlOf(part: ImageInputPart | FileInputPart): string {
  return fileIdOf(part) ?? toDataUrl(readData(part))
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
