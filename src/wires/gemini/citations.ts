/**
 * What an answer rests on: search results, retrieved documents, places, and works that it recites.
 *
 * @module
 * @see https://ai.google.dev/api/generate-content#v1beta.GroundingMetadata
 */

import { compact, isRecord, type Json, recordsOf, textOf } from '../../base/read-json.js'

export interface Source {
  /** The same for the same source. */
  key: string
  url?: string
  title?: string
  raw: unknown
}

export function sourcesOf({ groundingMetadata, citationMetadata }: Json): Source[] {
  const grounding = isRecord(groundingMetadata) ? groundingMetadata : {}
  const citations = isRecord(citationMetadata) ? citationMetadata : {}
  return [
    ...recordsOf(grounding.groundingChunks).map((chunk) =>
      toSource(chunk.web ?? chunk.retrievedContext ?? chunk.maps, chunk),
    ),
    // The Gemini API and Vertex AI give the list different names.
    ...recordsOf(citations.citationSources ?? citations.citations).map((citation) =>
      toSource(citation, citation),
    ),
  ]
}

/** A document of a file store may have no address. */
function toSource(place: unknown, raw: Json): Source {
  const { uri, title } = isRecord(place) ? place : ({} as Json)
  const url = textOf(uri)
  return { key: url ?? JSON.stringify(raw), ...compact({ url, title: textOf(title) }), raw }
}
