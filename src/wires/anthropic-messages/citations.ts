/**
 * Citations of a text on their way back.
 *
 * @module
 * @see https://platform.claude.com/docs/en/build-with-claude/citations
 */

import { isRecord, type Json } from '../../base/read-json.js'

type Fields = Readonly<Record<string, 'string' | 'number' | 'title'>>

const inDocument: Fields = {
  cited_text: 'string',
  document_index: 'number',
  document_title: 'title',
}

/** The kinds of citations and the fields that a request takes of them, all of them required. */
const kinds: Readonly<Record<string, Fields>> = {
  char_location: { ...inDocument, start_char_index: 'number', end_char_index: 'number' },
  page_location: { ...inDocument, start_page_number: 'number', end_page_number: 'number' },
  content_block_location: { ...inDocument, start_block_index: 'number', end_block_index: 'number' },
  web_search_result_location: {
    cited_text: 'string',
    encrypted_index: 'string',
    title: 'title',
    url: 'string',
  },
  search_result_location: {
    cited_text: 'string',
    search_result_index: 'number',
    source: 'string',
    start_block_index: 'number',
    end_block_index: 'number',
    title: 'title',
  },
}

/**
 * A citation as this API takes it back: without the fields that only answers have, such as
 * `file_id`.
 *
 * @param raw - that of a source
 * @returns undefined for a source that is no citation of this API
 */
export function encodeCitation(raw: unknown): Json | undefined {
  if (!isRecord(raw) || typeof raw.type !== 'string') return undefined
  const fields = Object.hasOwn(kinds, raw.type) ? kinds[raw.type] : undefined
  if (fields === undefined) return undefined
  const fits = Object.entries(fields).every(([name, type]) => {
    const value = raw[name]
    return type === 'title' ? value === null || typeof value === 'string' : typeof value === type
  })
  if (!fits) return undefined
  return Object.fromEntries(
    Object.entries(raw).filter(([name]) => name === 'type' || Object.hasOwn(fields, name)),
  )
}
