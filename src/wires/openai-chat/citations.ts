/**
 * What an answer rests on: annotations of the text (OpenAI, OpenRouter), or lists beside the choices (Perplexity, xAI).
 *
 * @module
 */

import type { SourceContent } from '../../base/content-kinds.js'
import { compact, isRecord, type Json, recordsOf, textOf } from '../../base/read-json.js'

type Source = Pick<SourceContent, 'url' | 'title' | 'raw'>

/** The sources of one answer, each of which is told once: the lists are repeated with every chunk. */
export class Sources {
  #known: Set<string> | undefined

  annotations(annotations: unknown): Source[] {
    return recordsOf(annotations).flatMap((annotation) => {
      const citation = annotation.url_citation
      if (!isRecord(citation)) return []
      return this.#once(citation.url, citation.title, annotation)
    })
  }

  lists({ citations, search_results: results }: Json): Source[] {
    const titles = new Map(recordsOf(results).map(({ url, title }) => [url, title]))
    const urls: unknown[] = Array.isArray(citations) ? citations : []
    return [...urls, ...titles.keys()].flatMap((url) => this.#once(url, titles.get(url), undefined))
  }

  #once(address: unknown, name: unknown, raw: Json | undefined): Source[] {
    const url = textOf(address)
    this.#known ??= new Set()
    if (url === undefined || this.#known.has(url)) return []
    this.#known.add(url)
    return [{ url, ...compact({ title: textOf(name), raw }) }]
  }
}
